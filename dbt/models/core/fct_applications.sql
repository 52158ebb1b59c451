{{ config(post_hook=("analyze {{ this }}" if target.type == 'postgres' else [])) }}
{{ applications_at(as_of_moment()) }}
