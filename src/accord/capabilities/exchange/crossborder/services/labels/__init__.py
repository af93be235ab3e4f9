"""Labels of what has crossed: changed by their originators, passed on, and obeyed until what bears them is deleted."""
