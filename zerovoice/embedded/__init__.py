"""PostgreSQL and Valkey from wheels, and the development runner (`make run`). Production never imports this package."""
