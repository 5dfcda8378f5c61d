-- rfm_scores uses the scope "all" for the group: a brand of that name would be added to it unseen.
select brand_id
from {{ ref('brands') }}
where lower(brand_id) = 'all'
