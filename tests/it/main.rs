//! Tests of the whole: one module a kind.

mod conformance;
mod diagnostics;
