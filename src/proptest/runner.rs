//! Runs cases until a claim fails, shrinks the case, and writes it as a scenario file.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use ::proptest::strategy::Strategy;
use ::proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use super::claim::{Claim, Run};
use crate::check::Finding;
use crate::scenario::ScenarioBuilder;

/// Where failing cases are written, below the current directory: where proptest keeps its own.
const DIRECTORY: &str = "proptest-regressions";

/// Checks all claims in random cases, as many and with the same settings as proptest's environment variables say.
///
/// # Panics
///
/// If a claim does not hold: then the message names the claim, the evidence, and a file with the smallest scenario found
/// that shows it, which `amqpsim run` repeats. Also if a case is no valid scenario, or no case could have broken a claim.
pub fn check(cases: impl Strategy<Value = ScenarioBuilder>, claims: &[Claim]) {
    let config = Config { failure_persistence: None, ..Config::default() };
    check_with(config, Path::new(DIRECTORY), cases, claims);
}

/// The same with settings of one's own, and another directory for failing cases.
///
/// # Panics
///
/// As [`check`].
pub fn check_with(
    config: Config,
    directory: &Path,
    cases: impl Strategy<Value = ScenarioBuilder>,
    claims: &[Claim],
) {
    // What was missing, while no case exercised a claim.
    let missing: RefCell<Vec<Option<&'static str>>> =
        RefCell::new(vec![Some("no case was run"); claims.len()]);
    let broken: RefCell<Option<(Claim, String)>> = RefCell::new(None);
    let result = TestRunner::new(config).run(&cases, |case| {
        let scenario = case
            .clone()
            .build()
            .map_err(|diagnostics| TestCaseError::fail(format!("the case is no scenario:\n{diagnostics}")))?;
        let recorded = claims.iter().any(|claim| claim.observes);
        let run = if recorded { Run::of(&scenario) } else { Run::unrecorded(&scenario) };
        for (claim, missing) in claims.iter().zip(missing.borrow_mut().iter_mut()) {
            match (claim.examine)(&run) {
                Finding::Held => *missing = None,
                Finding::NotExercised(what) | Finding::Open(what) => *missing = missing.and(Some(what)),
                Finding::Violated(found) => {
                    broken.replace(Some((*claim, found.clone())));
                    return Err(TestCaseError::fail(found));
                }
            }
        }
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => {
            fail(directory, reason.message(), &case, broken.take().map(|(claim, _)| claim))
        }
        Err(TestError::Abort(reason)) => panic!("the cases could not be made: {reason}"),
    }
    for (claim, missing) in claims.iter().zip(missing.into_inner()) {
        if let Some(missing) = missing {
            panic!("nothing was learned about `{}`: {missing}", claim.name);
        }
    }
}

fn fail(directory: &Path, reason: &str, case: &ScenarioBuilder, claim: Option<Claim>) -> ! {
    let Some(claim) = claim else { panic!("{reason}\n{}", case.to_toml()) };
    // With a check of its own, the file says what was wrong with it.
    let case = match claim.property() {
        Some(property) => case.clone().check().with("property", property.name()),
        None => case.clone(),
    };
    let text = format!("# Does not hold here: {}\n# {reason}\n\n{}", claim.statement, case.to_toml());
    let place = match write(directory, &format!("{}-{}.toml", case.name(), claim.name), &text) {
        Ok(path) => format!("= replay: amqpsim run {}", path.display()),
        Err(error) => format!("= the file could not be written ({error}); it is:\n{text}"),
    };
    panic!("error[{}]: {}\n  {reason}\n  {place}", claim.name, claim.statement);
}

fn write(directory: &Path, name: &str, text: &str) -> std::io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let path = directory.join(name);
    fs::write(&path, text)?;
    Ok(path)
}
