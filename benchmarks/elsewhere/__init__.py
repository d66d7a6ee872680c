"""How the estimators do on systems that the book does not have, with their defaults."""
