{#
    A rate drawn towards a prior: (responses + prior rate x prior weight) / (trials + prior weight).

    A customer of whom one message in one was opened is not one who opens all; the prior stands in for
    what was not seen yet, and fades as messages come in.

    Arguments: responses and trials, counts, null for none; prior_rate, between 0 and 1; prior_trials,
    how many trials the prior is worth.
    Traps: null where the channel has no prior, because nobody was ever reached on it.
#}
{% macro shrunk_rate(responses, trials, prior_rate, prior_trials) %}
    {{- return(
        'cast(round((cast(coalesce(' ~ responses ~ ', 0) as double) + cast(' ~ prior_rate
        ~ ' as double) * cast(' ~ prior_trials ~ ' as double)) / (cast(coalesce(' ~ trials
        ~ ', 0) as double) + cast(' ~ prior_trials ~ ' as double)), 6) as decimal(9, 6))'
    ) -}}
{% endmacro %}
