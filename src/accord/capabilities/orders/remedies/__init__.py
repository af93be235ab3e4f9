"""When an order is wrong, and how money goes back: appeals of account holders, returns to victims, compensation."""
