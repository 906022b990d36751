//! Finished points of a sweep on disk: what an interrupted sweep goes on with, and what parts put together.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::cli::report_files::ReportFiles;
use crate::experiment::{SweepPlan, SweptPoint};
use crate::report::{sweep_point_csv, sweep_point_read};

/// The directory in that of the report.
const DIRECTORY: &str = "sweep-points";
/// What says of which sweep the points are.
const MANIFEST: &str = "sweep.txt";

/// The finished points of one sweep, a file each.
pub(super) struct Kept {
    path: PathBuf,
    /// In the name of every file, so that points of another sweep are never taken for its own.
    mark: String,
}

impl Kept {
    /// The points in the directory of a report, which is made if it is not there. Points of another sweep are refused, or
    /// thrown away if the sweep is to `restart`.
    pub(super) fn open(report: &Path, plan: &SweepPlan, restart: bool) -> Result<Kept, Failure> {
        let path = report.join(DIRECTORY);
        let manifest = manifest(plan);
        match fs::read_to_string(path.join(MANIFEST)) {
            Ok(found) if found == manifest && !restart => {}
            Ok(found) if !restart => return Err(refused(&path, &found, &manifest)),
            Ok(found) => remove(&path, &mark(&found)),
            Err(_) => {}
        }
        let mark = mark(&manifest);
        ReportFiles::open(&path, &[MANIFEST])?.write(&[manifest])?;
        Ok(Kept { path, mark })
    }

    /// Where they are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn name(&self, point: usize) -> String {
        format!("{:05}-{}.csv", point + 1, self.mark)
    }

    /// A point that is there and whole.
    pub(super) fn read(&self, plan: &SweepPlan, point: usize) -> Option<SweptPoint> {
        let text = fs::read_to_string(self.path.join(self.name(point))).ok()?;
        sweep_point_read(plan, point, &text)
    }

    /// Keeps a point.
    pub(super) fn write(&self, plan: &SweepPlan, point: usize, swept: &SweptPoint) -> Result<(), Failure> {
        let text = sweep_point_csv(plan, point, swept);
        ReportFiles::open(&self.path, &[&self.name(point)])?.write(&[text]).map(|_| ())
    }

    /// Takes away what interrupted calls have left half-written. All points are there, so nobody writes any more.
    pub(super) fn tidy(&self) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            if entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.starts_with('.') && name.ends_with(".partial"))
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Everything that the numbers of a sweep depend on, a line each.
fn manifest(plan: &SweepPlan) -> String {
    let name = plan.grid.points.first().map_or("", |point| point.scenario.name.as_str());
    let factor = |factor: &crate::scenario::Factor| format!("{}={}", factor.address, factor.levels.join(","));
    let varied: Vec<String> = plan.grid.factors.iter().map(factor).collect();
    let lines = [
        ("amqpsim", env!("CARGO_PKG_VERSION").to_owned()),
        ("scenario", name.to_owned()),
        ("settings", plan.origin.overrides.join(" ")),
        ("vary", varied.join(" ")),
        ("seed", plan.seed.to_string()),
        ("replications", replications(plan)),
        ("digest of what is simulated", format!("{:016x}", plan.digest())),
    ];
    let lines =
        lines.into_iter().map(|(key, value)| format!("{key}: {}\n", value.replace(['\n', '\r'], " ")));
    std::iter::once("finished points of a sweep\n".to_owned()).chain(lines).collect()
}

/// How many replications a point has, or what decides.
fn replications(plan: &SweepPlan) -> String {
    plan.precision.map_or_else(
        || plan.replications.to_string(),
        |it| {
            format!(
                "until {} of {}s is known to {}, at most {}",
                it.of.name,
                it.of.scope.name(),
                it.relative,
                it.most
            )
        },
    )
}

/// A short word for a manifest (FNV-1a, 64 bits).
fn mark(manifest: &str) -> String {
    let step = |digest: u64, byte: u8| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", manifest.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// What two manifests differ in.
fn refused(path: &Path, there: &str, here: &str) -> Failure {
    let of = |text: &str, key: &str| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ").map(str::to_owned));
        line.unwrap_or_default()
    };
    let keys = here.lines().filter_map(|line| Some(line.split_once(": ")?.0));
    let differences: Vec<String> = keys
        .filter(|key| of(there, key) != of(here, key))
        .map(|key| format!("\n  = note: {key}: `{}` there, `{}` here", of(there, key), of(here, key)))
        .collect();
    let message = format!("{} has points of another sweep{}", path.display(), differences.concat());
    let help = "name another directory with `--out`, or throw them away with `--restart`";
    Failure::input("another-sweep", &message, Some(help))
}

/// Removes the points with this mark; whatever else is there is left alone.
fn remove(path: &Path, mark: &str) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.ends_with(&format!("-{mark}.csv"))) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
