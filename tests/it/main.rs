//! Tests of the whole: one module a kind.

mod diagnostics;
