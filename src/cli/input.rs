//! From a path to variants that can be run. Reads files; what stands in them is the scenario room's.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::failure::{Failure, reason};
use super::terminal::Terminal;
use crate::experiment::Origin;
use crate::scenario::{self, Loaded, Paint, Variant};

/// The largest scenario file or script that is read; thousands of times what anybody has written.
const BYTES_MAX: u64 = 64 << 20;

/// A scenario file that can be run.
pub(super) struct Input {
    /// Where it comes from.
    pub origin: Origin,
    /// In the order of the file, at least one.
    pub variants: Vec<Variant>,
    /// Whether the file has variants of its own.
    pub names_variants: bool,
    /// The text of the file.
    pub text: String,
    /// The data files that it names: where each lies, and its name.
    pub files: Vec<(PathBuf, String)>,
}

impl Input {
    /// The variant with this name.
    pub(super) fn variant(&self, name: &str) -> Result<&Variant, Failure> {
        let found = self.variants.iter().find(|variant| variant.name == name);
        found.filter(|_| self.names_variants).ok_or_else(|| {
            let names: Vec<String> =
                self.variants.iter().map(|variant| format!("`{}`", variant.name)).collect();
            let help = if self.names_variants {
                format!("its variants are {}", names.join(", "))
            } else {
                "it has no variants; leave out `--variant`".to_owned()
            };
            Failure::input(
                "unknown-variant",
                &format!("{} has no variant `{name}`", self.origin.file),
                Some(&help),
            )
        })
    }
}

/// Reads and diagnoses all files; every mistake of every file is reported before the first run.
pub(super) fn load_all(
    files: &[String],
    overrides: &[String],
    terminal: &mut Terminal,
) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    let mut mistakes = Vec::new();
    for file in files {
        match load(file, overrides, terminal) {
            Ok(input) => inputs.push(input),
            Err(Failure::Input(text)) => mistakes.push(text.trim_end().to_owned()),
            Err(other) => return Err(other),
        }
    }
    if mistakes.is_empty() { Ok(inputs) } else { Err(Failure::Input(mistakes.join("\n"))) }
}

/// Reads one file; warnings go to stderr.
pub(super) fn load(file: &str, overrides: &[String], terminal: &mut Terminal) -> Result<Input, Failure> {
    let text = read(file)?;
    // Text is always made with colours; the terminal takes them out where they are not wanted.
    let Loaded { variants, warnings, files } =
        scenario::load_with_files(file, &text, overrides, &data_of(file))
            .map_err(|diagnostics| Failure::Input(diagnostics.render(Paint::Coloured)))?;
    for warning in warnings {
        terminal.note(&warning.render(Paint::Coloured));
    }
    let names_variants =
        variants.len() > 1 || variants.iter().any(|one| one.name != "base" || !one.changes.is_empty());
    let origin = Origin { file: file.to_owned(), overrides: overrides.to_vec() };
    let files = files.into_iter().map(|name| (beside(file).join(&name), name)).collect();
    Ok(Input { origin, variants, names_variants, text, files })
}

fn beside(file: &str) -> PathBuf {
    Path::new(file).parent().map(Path::to_owned).unwrap_or_default()
}

/// How the data files of a scenario file are opened.
pub(super) fn data_of(file: &str) -> impl Fn(&str) -> Result<String, String> {
    let beside = beside(file);
    move |name| {
        let below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(name).components().all(below) {
            return Err("it must lie beside the scenario, or in a directory there".to_owned());
        }
        read_text(&beside.join(name))
    }
}

/// The text of a file.
pub(super) fn read(file: &str) -> Result<String, Failure> {
    let failure =
        |why: String| Failure::input("unreadable-file", &format!("cannot read {file}: {why}"), None);
    read_text(Path::new(file)).map_err(failure)
}

/// The text of a file, or why it cannot be had.
fn read_text(path: &Path) -> Result<String, String> {
    // Opening a directory succeeds on some platforms and reading it fails with other words on others.
    if path.is_dir() {
        return Err("it is a directory".to_owned());
    }
    // Some files, such as devices, have no end.
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| reason(&error))?;
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("it is larger than {} MiB", BYTES_MAX >> 20));
    }
    String::from_utf8(bytes).map_err(|error| {
        format!("it is not UTF-8 text (byte {} is the first wrong one)", error.utf8_error().valid_up_to())
    })
}
