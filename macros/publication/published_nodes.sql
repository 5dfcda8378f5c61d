{#
    What of the project goes to a role, as `crossbrand publish` reads it from the same YAML: the nodes whose meta names the
    role in `published_to`, in the order of their names.
#}
{% macro published_nodes(role) %}
    {%- set nodes = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.resource_type in ['model', 'seed'] -%}
        {%- if role in (node.config.get('meta', {}).get('published_to') or []) -%}
            {%- do nodes.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(nodes) }}
{% endmacro %}


{#
    The columns of a mart that a role gets. A column with `pii` is never one of bi's, nor of any role in its
    `withheld_from`. Raises where a part of the mart's key would be withheld.
#}
{% macro published_columns(node, role) %}
    {%- set columns, withheld = [], [] -%}
    {%- for column in node.columns.values() -%}
        {%- set meta = crossbrand.column_meta(column) -%}
        {%- if role in (meta.get('withheld_from') or []) or (role == 'bi' and meta.get('pii')) -%}
            {%- do withheld.append(column.name) -%}
        {%- else -%}
            {%- do columns.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.get('attached_node') == node.unique_id -%}
        {%- set about = test.get('test_metadata') or {} -%}
        {%- if about.get('name') in ['unique_combination', 'unique'] -%}
            {%- for column in about.kwargs.get('columns') or [about.kwargs.get('column_name')] if column in withheld -%}
                {{ exceptions.raise_compiler_error(
                    node.alias ~ " cannot go to " ~ role ~ ", which may not have " ~ column ~ ": it is part of the key.") }}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}


{# What is declared of a column. #}
{% macro column_meta(column) %}
    {{ return(column.get('config', {}).get('meta') or column.get('meta') or {}) }}
{% endmacro %}


{#
    Why a mart cannot be published to a role by SQL alone, none where it can. Ids that are hashes of what came in need a key,
    which no statement may hold; to hide small groups takes rounds over the rows.
#}
{% macro refused_reason(node, role) %}
    {%- if role != 'bi' -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for column in crossbrand.published_columns(node, role) -%}
        {%- if crossbrand.is_pseudonym(column, node.columns[column]) -%}
            {{ return('keyed ids: ' ~ column) }}
        {%- endif -%}
    {%- endfor -%}
    {%- if node.config.get('meta', {}).get('small_groups') -%}
        {{ return('small groups') }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}


{# Whether bi gets a keyed hash in the place of a column: the rule of scripts/crossbrand/publish/declared.py. #}
{% macro is_pseudonym(name, column) %}
    {%- set ours = '(^|_)(customer|session|cart|touch|redirect|audience_change|rejected_record)_id$' -%}
    {{ return(crossbrand.column_meta(column).get('pseudonym') or modules.re.search(ours, name) is not none) }}
{% endmacro %}
