{#
    The relation of the keys that an incremental build makes anew (find_changes). It exists only where is_incremental().
#}
{% macro changes() -%}
    {{ return(scratch_table(this.identifier ~ '__changes')) }}
{%- endmacro %}
