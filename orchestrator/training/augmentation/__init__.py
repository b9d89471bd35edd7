"""Random changes of training images; knows neither trials nor backends."""
