//! Tests of the whole: one module a kind.

mod cli;
mod conformance;
mod determinism;
mod diagnostics;
mod golden;
mod properties;
mod semantics;
mod tidy;
mod traces;
mod versions;
