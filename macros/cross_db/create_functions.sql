{#
    on-run-start: what the other macros call by name where the engine has it not: a statement, or nothing.

    Traps. Only PostgreSQL needs it. Its functions stand in the schema crossbrand_functions, which the profile's
    search_path names before pg_catalog, so that models say `double`, `a / b`, `round` and `max` as they do elsewhere:

    - the domain `double` is double precision;
    - `/` of two numbers gives a double, where PostgreSQL cuts whole numbers and keeps decimals;
    - `round` of a double takes a half away from zero, where PostgreSQL takes it to the even neighbour, and knows digits;
    - `exp` of what is far below zero is zero, where PostgreSQL raises an underflow;
    - `max` and `min` know booleans.

    Functions of text are declared volatile, which they are not: PostgreSQL then computes a step (a CTE) that calls
    them once a row, where it would else copy their call to every place that names the column.
#}
{% macro create_functions() -%}
    {{ return(adapter.dispatch('create_functions', 'crossbrand')()) }}
{%- endmacro %}

{% macro default__create_functions() -%}
{%- endmacro %}

{% macro postgres__create_functions() -%}
create schema if not exists crossbrand_functions;

do $$ begin
    if to_regtype('crossbrand_functions."double"') is null then
        create domain crossbrand_functions."double" as double precision;
    end if;
    if to_regtype('crossbrand_functions.struct_measure_column_name_column_value_number') is null then
        create type crossbrand_functions.struct_measure_column_name_column_value_number
        as (measure text, column_name text, column_value text, number numeric(24, 6));
    end if;
    if to_regoperator('crossbrand_functions./(bigint, bigint)') is null then
        create function crossbrand_functions.quotient(bigint, bigint) returns double precision
        language sql immutable as 'select $1::double precision operator(pg_catalog./) $2::double precision';
        create function crossbrand_functions.quotient(bigint, integer) returns double precision
        language sql immutable as 'select $1::double precision operator(pg_catalog./) $2::double precision';
        create function crossbrand_functions.quotient(integer, bigint) returns double precision
        language sql immutable as 'select $1::double precision operator(pg_catalog./) $2::double precision';
        create function crossbrand_functions.quotient(integer, integer) returns double precision
        language sql immutable as 'select $1::double precision operator(pg_catalog./) $2::double precision';
        create function crossbrand_functions.quotient(numeric, numeric) returns double precision
        language sql immutable as 'select $1::double precision operator(pg_catalog./) $2::double precision';
        create operator crossbrand_functions./ (function = crossbrand_functions.quotient, leftarg = bigint, rightarg = bigint);
        create operator crossbrand_functions./ (function = crossbrand_functions.quotient, leftarg = bigint, rightarg = integer);
        create operator crossbrand_functions./ (function = crossbrand_functions.quotient, leftarg = integer, rightarg = bigint);
        create operator crossbrand_functions./ (function = crossbrand_functions.quotient, leftarg = integer, rightarg = integer);
        create operator crossbrand_functions./ (function = crossbrand_functions.quotient, leftarg = numeric, rightarg = numeric);
        create aggregate crossbrand_functions.max(boolean) (sfunc = pg_catalog.boolor_statefunc, stype = boolean);
        create aggregate crossbrand_functions.min(boolean) (sfunc = pg_catalog.booland_statefunc, stype = boolean);
    end if;
end $$;

-- A half is found in what stands behind the point, which is exact; adding a half to the number is not.
create or replace function crossbrand_functions.round(value double precision) returns double precision
language sql immutable as $$
    select trunc(value) + case when abs(value - trunc(value)) >= 0.5 then sign(value) else 0 end
$$;

create or replace function crossbrand_functions.round(value double precision, digits integer) returns double precision
language sql immutable as $$
    select crossbrand_functions.round(value * power(10::double precision, digits))
        operator(pg_catalog./) power(10::double precision, digits)
$$;

create or replace function crossbrand_functions.exp(value double precision) returns double precision
language sql immutable as $$
    select case when value < -745 then 0 else pg_catalog.exp(value) end
$$;

create or replace function crossbrand_functions.hash_bigint(value text) returns bigint
language sql immutable as $$
    select ('x' || substr(m, 15, 2) || substr(m, 13, 2) || substr(m, 11, 2) || substr(m, 9, 2)
        || substr(m, 7, 2) || substr(m, 5, 2) || substr(m, 3, 2) || substr(m, 1, 2))::bit(64)::bigint & 9223372036854775807
    from (select md5(value) as m) as hashed
$$;

create or replace function crossbrand_functions.regexp_extract_match(value text, pattern text) returns text
language plpgsql volatile strict as $$
begin
    return coalesce((regexp_match(value, '(' || pattern || ')'))[1], '');
end $$;

create or replace function crossbrand_functions.safe_bigint(value text) returns bigint
language plpgsql volatile strict as $$
declare
    found numeric;
begin
    if value !~ '^[ \t\n\r\f\v]*[+-]?[0-9]{1,40}[ \t\n\r\f\v]*$' then return null; end if;
    found := value::numeric;
    if found between -9223372036854775808 and 9223372036854775807 then return found::bigint; end if;
    return null;
end $$;

create or replace function crossbrand_functions.safe_decimal(value text, digits integer, decimals integer) returns numeric
language plpgsql volatile strict as $$
declare
    found numeric;
begin
    if value !~ '^[ \t\n\r\f\v]*[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]{1,4})?[ \t\n\r\f\v]*$' then return null; end if;
    found := round(value::numeric, decimals);
    if abs(found) < power(10::numeric, digits - decimals) then return found; end if;
    return null;
end $$;

-- The year 0 of ISO 8601 is the first one before Christ.
create or replace function crossbrand_functions.safe_date(value text) returns date
language plpgsql volatile strict as $$
declare
    part text[] := regexp_match(value, '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:$|[Tt ][0-9]{2}:)');
    wanted_year integer := part[1]::integer;
    wanted_month integer := part[2]::integer;
    wanted_day integer := part[3]::integer;
begin
    if part is null or wanted_month not between 1 and 12 or wanted_day not between 1 and 31 then return null; end if;
    if wanted_day > 28 and wanted_day > extract(day from
        make_date(case when wanted_year = 0 then -1 else wanted_year end, wanted_month, 1) + interval '1 month - 1 day')
    then return null; end if;
    return make_date(case when wanted_year = 0 then -1 else wanted_year end, wanted_month, wanted_day);
end $$;

create or replace function crossbrand_functions.safe_timestamp(value text) returns timestamp
language plpgsql volatile strict as $$
declare
    given text := upper(btrim(value, ' '));
    part text[];
    found_date date;
    seconds integer;
    fraction text;
    ahead text;
begin
    if given ~ '^[0-9]{9,14}([.][0-9]+)?$' then
        part := regexp_match(given, '^([0-9]+)(?:[.]([0-9]+))?$');
        return timestamp '1970-01-01 00:00:00' + interval '1 microsecond' * case
            when length(part[1]) <= 11 then part[1]::bigint * 1000000 + rpad(left(coalesce(part[2], ''), 6), 6, '0')::bigint
            else part[1]::bigint * 1000 + rpad(left(coalesce(part[2], ''), 3), 3, '0')::bigint
        end;
    end if;
    part := regexp_match(given,
        '^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]*))?)?)? ?(Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?$');
    if part is null then return null; end if;
    found_date := crossbrand_functions.safe_date(part[1]);
    if found_date is null then return null; end if;
    ahead := coalesce(replace(part[6], ':', ''), 'Z');
    if part[2] is null then
        -- A day has no offset.
        return case when ahead in ('Z', '+00', '+0000') then found_date::timestamp end;
    end if;
    seconds := coalesce(part[4], '0')::integer;
    fraction := rpad(left(coalesce(part[5], ''), 6), 6, '0');
    if part[3]::integer > 59 or seconds > 59 then return null; end if;
    if part[2]::integer > 24 or part[2] = '24' and (part[3] <> '00' or seconds > 0 or fraction <> '000000') then return null; end if;
    return found_date::timestamp
        + part[2]::integer * interval '1 hour' + part[3]::integer * interval '1 minute'
        + seconds * interval '1 second' + fraction::integer * interval '1 microsecond'
        - case when ahead = 'Z' then interval '0'
            else (left(ahead, 1) || '1')::integer
                * (substr(ahead, 2, 2)::integer * 60 + coalesce(nullif(substr(ahead, 4, 2), ''), '0')::integer) * interval '1 minute'
        end;
end $$
{%- endmacro %}
