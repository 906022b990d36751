//! Tests of the whole: one module a kind.

mod accounts;
mod advice;
mod calibration;
mod cli;
mod conformance;
mod crash_points;
mod determinism;
mod diagnostics;
mod expected_losses;
mod golden;
mod model_based;
mod operators;
mod outcomes;
mod producers;
mod properties;
mod republish;
mod safety;
mod scripts;
mod semantics;
mod silence;
mod storage;
mod tidy;
mod traces;
mod triggers;
mod versions;
mod workloads;
