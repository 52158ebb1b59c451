{{ applications_at(as_of_moment()) }}
