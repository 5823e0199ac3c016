//! Exact amounts, rates and the only rounding code.
