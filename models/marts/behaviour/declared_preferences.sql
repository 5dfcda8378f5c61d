with survey_responses as (
    select brand_id, response_id, survey_id, question_key, answer, answered_at
    from {{ ref('stg_engagement__survey_responses') }}
),

record_customers as (
    select brand_id, record_id, customer_id
    from {{ ref('int_identity__record_customers') }}
    where feed = 'survey_responses' and customer_id is not null
),

as_of as (
    select as_of_at, as_of_date
    from {{ ref('int_operations__as_of') }}
),

-- The same order as int_customer__declared_preferences has, so that the 360 shows these answers.
answers_ranked as (
    select
        record_customers.customer_id,
        survey_responses.question_key,
        survey_responses.answer,
        survey_responses.brand_id,
        survey_responses.response_id,
        survey_responses.survey_id,
        survey_responses.answered_at,
        row_number() over (
            partition by record_customers.customer_id, survey_responses.question_key
            order by
                survey_responses.answered_at desc,
                survey_responses.brand_id,
                survey_responses.response_id
        ) as recency_rank,
        count(*) over (
            partition by record_customers.customer_id, survey_responses.question_key
        ) as answer_count
    from survey_responses
    cross join as_of
    inner join record_customers
        on
            survey_responses.brand_id = record_customers.brand_id
            and survey_responses.response_id = record_customers.record_id
    where survey_responses.answered_at <= as_of.as_of_at
),

latest_answers as (
    select
        answers_ranked.customer_id,
        answers_ranked.question_key,
        as_of.as_of_date,
        answers_ranked.answer,
        previous_answers.answer as previous_answer,
        answers_ranked.brand_id,
        answers_ranked.response_id,
        answers_ranked.survey_id,
        cast(answers_ranked.answer_count as bigint) as answer_count,
        answers_ranked.answered_at
    from answers_ranked
    cross join as_of
    left join answers_ranked as previous_answers
        on
            answers_ranked.customer_id = previous_answers.customer_id
            and answers_ranked.question_key = previous_answers.question_key
            and previous_answers.recency_rank = 2
    where answers_ranked.recency_rank = 1
)

select * from latest_answers
