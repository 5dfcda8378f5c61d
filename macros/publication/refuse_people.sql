{#
    Looks at a table that was written for bi, as `crossbrand publish` does (scripts/crossbrand/publish): no e-mail address and no
    phone number in any text, no count of people below min_group_size, no hash where none is declared.

    Raises on the first; what readers see has not been touched by then.
#}
{% macro refuse_people(node, schema, wanted) %}
    {%- set checks = [] -%}
    {%- for column in adapter.get_columns_in_relation(crossbrand.published_relation(schema, node.alias)) -%}
        {%- set quoted = adapter.quote(column.name) -%}
        {%- if column.dtype | lower in ['string', 'text'] or 'char' in column.dtype | lower -%}
            {%- for what, pattern in [
                ('an e-mail address', '[^\\s@<>]+@[^\\s@<>]+\\.[A-Za-z]{2,}'),
                ('a phone number', '(^|[^0-9A-Za-z])\\+[1-9][0-9]{8,14}([^0-9]|$)'),
                ('a hash without a key', '^[0-9a-f]{32}([0-9a-f]{8}|[0-9a-f]{32})?$'),
            ] -%}
                {%- if 'hash' not in what or not crossbrand.is_pseudonym(column.name, node.columns[column.name]) -%}
                    {%- do checks.append((column.name ~ ' holds ' ~ what, regexp_is_match(quoted, pattern))) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- elif modules.re.search('(^|_)(customer|people|member)_count$', column.name) -%}
            {%- do checks.append((
                column.name ~ ' counts fewer people than min_group_size',
                quoted ~ ' > 0 and ' ~ quoted ~ ' < ' ~ var('min_group_size'))) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if checks -%}
        {%- set counts = [] -%}
        {%- for what, condition in checks -%}
            {%- do counts.append('coalesce(sum(case when ' ~ condition ~ ' then 1 else 0 end), 0)') -%}
        {%- endfor -%}
        {%- set table = schema ~ '.' ~ adapter.quote(node.alias) -%}
        {%- set found = run_query('select ' ~ counts | join(', ') ~ ' from ' ~ table).rows[0] -%}
        {%- for what, condition in checks -%}
            {%- if found[loop.index0] > 0 -%}
                {{ exceptions.raise_compiler_error(
                    node.alias ~ '.' ~ what ~ ' in ' ~ found[loop.index0]
                    ~ ' rows, and bi may have none. Nothing was published.') }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{# Raises where a table has other columns than its YAML: one that nobody described may be personal. #}
{% macro refuse_other_columns(schema, name, declared) %}
    {%- set found = [] -%}
    {%- for column in adapter.get_columns_in_relation(crossbrand.published_relation(schema, name)) -%}
        {%- do found.append(column.name) -%}
    {%- endfor -%}
    {%- if found | sort != declared | sort -%}
        {{ exceptions.raise_compiler_error(
            schema ~ '.' ~ name ~ ' has other columns than the project describes, or was not built: ' ~ found | sort | join(', ')
            ~ ' in place of ' ~ declared | sort | join(', ') ~ '. Nothing was published.') }}
    {%- endif -%}
{% endmacro %}


{#
    Raises where an id that bi gets keyed stands in a table of it as it stands in the marts: what was given as `protected`
    was written for somebody else, or is protected by nothing.
#}
{% macro refuse_plain_ids(node, schema, wanted) %}
    {%- set name = adapter.quote(node.alias) -%}
    {%- for column in wanted if crossbrand.is_pseudonym(column, node.columns[column]) -%}
        {%- set quoted = adapter.quote(column) -%}
        {%- set plain = crossbrand.count_rows(
            schema ~ '.' ~ name, quoted ~ ' in (select ' ~ quoted ~ ' from ' ~ node.schema ~ '.' ~ name ~ ')') -%}
        {%- if plain > 0 -%}
            {{ exceptions.raise_compiler_error(
                node.alias ~ '.' ~ column ~ ' holds ' ~ plain ~ ' ids without a key, and bi may have none. Nothing was published.') }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{# Raises where a folder is not one that `crossbrand publish --parquet` writes for a role. #}
{% macro refuse_other_role(role, protected) %}
    {%- if '/' ~ role ~ '/parquet/' not in protected -%}
        {{ exceptions.raise_compiler_error(
            protected ~ " is no folder that `crossbrand publish --parquet` writes for " ~ role ~ ": …/" ~ role ~ "/parquet/<generation>.") }}
    {%- endif -%}
{% endmacro %}
