//! Tests of the whole: one module a kind.

mod cli;
mod conformance;
mod diagnostics;
mod tidy;
