//! Report files that are there whole or not at all: written to temporary files in their directory, then renamed.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// Files of one report, opened before the first run so that a long experiment cannot fail at its end for want of a right.
pub(super) struct ReportFiles {
    directory: PathBuf,
    open: Vec<Pending>,
}

/// A file that does not have its name yet.
struct Pending {
    file: File,
    temporary: PathBuf,
    name: String,
}

impl ReportFiles {
    /// Opens temporary files for `names` in `directory`, which is made if it is not there.
    pub(super) fn open(directory: &Path, names: &[&str]) -> Result<ReportFiles, Failure> {
        let failure = |path: &Path, error| Failure::output(&path.display().to_string(), error);
        fs::create_dir_all(directory).map_err(|error| failure(directory, error))?;
        let mut files = ReportFiles { directory: directory.to_owned(), open: Vec::new() };
        for &name in names {
            let path = directory.join(name);
            if path.is_dir() {
                return Err(failure(&path, std::io::ErrorKind::IsADirectory.into()));
            }
            // The process's number keeps two runs at once from writing into each other's files.
            let temporary = directory.join(format!(".{name}.{}.partial", std::process::id()));
            let file = File::create(&temporary).map_err(|error| failure(&temporary, error))?;
            files.open.push(Pending { file, temporary, name: name.to_owned() });
        }
        Ok(files)
    }

    /// Writes the contents, in the order of the names, and gives every file its name.
    pub(super) fn write(mut self, contents: &[String]) -> Result<PathBuf, Failure> {
        let failure = |path: &Path, error| Failure::output(&path.display().to_string(), error);
        for (pending, text) in self.open.iter_mut().zip(contents) {
            let written = pending.file.write_all(text.as_bytes()).and_then(|()| pending.file.sync_all());
            written.map_err(|error| failure(&pending.temporary, error))?;
        }
        while let Some(pending) = self.open.first() {
            let path = self.directory.join(&pending.name);
            fs::rename(&pending.temporary, &path).map_err(|error| failure(&path, error))?;
            self.open.remove(0);
        }
        Ok(self.directory.clone())
    }
}

/// What was not finished leaves no trace.
impl Drop for ReportFiles {
    fn drop(&mut self) {
        for pending in &self.open {
            let _ = fs::remove_file(&pending.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("amqpsim-report-files-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn listed(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn files_appear_with_all_their_contents() {
        let directory = directory("whole");
        let files = ReportFiles::open(&directory, &["summary.txt"]).unwrap();
        assert!(!listed(&directory).contains(&"summary.txt".to_owned()));
        files.write(&["the answer\n".to_owned()]).unwrap();
        assert_eq!(listed(&directory), ["summary.txt"]);
        assert_eq!(fs::read_to_string(directory.join("summary.txt")).unwrap(), "the answer\n");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn an_experiment_that_fails_leaves_the_old_report_as_it_was() {
        let directory = directory("failed");
        ReportFiles::open(&directory, &["summary.txt"]).unwrap().write(&["old\n".to_owned()]).unwrap();
        drop(ReportFiles::open(&directory, &["summary.txt"]).unwrap());
        assert_eq!(listed(&directory), ["summary.txt"]);
        assert_eq!(fs::read_to_string(directory.join("summary.txt")).unwrap(), "old\n");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_a_failure_of_output() {
        let Err(failure) = ReportFiles::open(Path::new("/dev/null/reports"), &["summary.txt"]) else {
            panic!("nothing can be made below a device")
        };
        assert_eq!(failure.exit(), crate::cli::Exit::Output);
    }
}
