//! Report files that are there whole or not at all: written to temporary files in their directory, then renamed. Nothing is
//! left on the disk while runs take their time, so that whoever ends the program then finds nothing half-made.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::failure::Failure;

/// A temporary file is written at once and then gets its name.
const REST: Duration = Duration::from_secs(60);

/// Where the files of one report go. It was tried before the first run, so that a long experiment does not fail at its end
/// for want of a right.
pub(super) struct ReportFiles {
    directory: PathBuf,
    names: Vec<String>,
}

/// What is taken away again unless it was finished: temporary files, then directories, the innermost first.
#[derive(Default)]
struct Unfinished {
    files: Vec<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for directory in &self.directories {
            // One that somebody else has put a file into stays.
            let _ = fs::remove_dir(directory);
        }
    }
}

impl ReportFiles {
    /// Finds out whether files with these names can be written to `directory`, which need not be there yet; leaves nothing.
    pub(super) fn open(directory: &Path, names: &[&str]) -> Result<ReportFiles, Failure> {
        let mut tried = Unfinished::default();
        make_directory(directory, &mut tried)?;
        for &name in names {
            clear_away(directory, name);
            let path = directory.join(name);
            if path.is_dir() {
                return Err(failure(&path, std::io::ErrorKind::IsADirectory.into()));
            }
            create(directory, name, &mut tried)?;
        }
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Ok(ReportFiles { directory: directory.to_owned(), names })
    }

    /// Writes the contents, in the order of the names, and gives every file its name.
    pub(super) fn write(self, contents: &[String]) -> Result<PathBuf, Failure> {
        let mut unfinished = Unfinished::default();
        make_directory(&self.directory, &mut unfinished)?;
        for (name, text) in self.names.iter().zip(contents) {
            let mut file = create(&self.directory, name, &mut unfinished)?;
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
            written.map_err(|error| failure(&temporary(&self.directory, name), error))?;
        }
        for name in &self.names {
            let path = self.directory.join(name);
            fs::rename(temporary(&self.directory, name), &path).map_err(|error| failure(&path, error))?;
            unfinished.directories.clear();
        }
        unfinished.files.clear();
        Ok(self.directory)
    }
}

fn failure(path: &Path, error: std::io::Error) -> Failure {
    Failure::output(&path.display().to_string(), error)
}

/// The process's number keeps two runs at once from writing into each other's files.
fn temporary(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!(".{name}.{}.partial", std::process::id()))
}

/// Takes away what processes left that were ended while they wrote this file.
fn clear_away(directory: &Path, name: &str) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let writer = found.to_str().and_then(|found| {
            let found = found.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.')?;
            found.strip_suffix(".partial")?.parse::<u32>().ok()
        });
        if writer.is_some_and(|process| is_over(process, &entry)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the process that wrote this file is gone; where that cannot be known, a file that rested for a minute has none.
fn is_over(process: u32, file: &fs::DirEntry) -> bool {
    let processes = Path::new("/proc");
    if processes.join("self").exists() {
        return !processes.join(process.to_string()).exists();
    }
    let rests = || file.metadata().ok()?.modified().ok()?.elapsed().ok();
    rests().is_some_and(|length| length > REST)
}

fn create(directory: &Path, name: &str, made: &mut Unfinished) -> Result<File, Failure> {
    let path = temporary(directory, name);
    let file = File::create(&path).map_err(|error| failure(&path, error))?;
    made.files.push(path);
    Ok(file)
}

/// Makes the directory and those above it that are not there.
fn make_directory(directory: &Path, made: &mut Unfinished) -> Result<(), Failure> {
    let above = directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
    let missing: Vec<PathBuf> = above.map(Path::to_owned).collect();
    fs::create_dir_all(directory).map_err(|error| failure(directory, error))?;
    made.directories = missing;
    Ok(())
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
        // Whoever ends the program now finds nothing of it.
        assert!(!directory.exists());
        files.write(&["the answer\n".to_owned()]).unwrap();
        assert_eq!(listed(&directory), ["summary.txt"]);
        assert_eq!(fs::read_to_string(directory.join("summary.txt")).unwrap(), "the answer\n");
        fs::remove_dir_all(&directory).unwrap();
    }

    /// Whoever is ended in the middle of writing cannot clear away himself.
    #[test]
    fn what_a_process_left_that_was_ended_is_cleared_away_by_the_next() {
        let directory = directory("interrupted");
        fs::create_dir_all(&directory).unwrap();
        // No process has this number: it is beyond what any system gives.
        let left =
            [".summary.txt.4294967295.partial", ".other.txt.4294967295.partial", ".summary.txt.partial"];
        for name in left {
            fs::write(directory.join(name), "half").unwrap();
        }
        let under_way = format!(".summary.txt.{}.partial", std::process::id());
        ReportFiles::open(&directory, &["summary.txt"]).unwrap().write(&["whole".to_owned()]).unwrap();
        let mut listed = listed(&directory);
        listed.sort();
        // Without a list of processes, a file must have rested for a while.
        listed.retain(|name| name != left[0] || Path::new("/proc/self").exists());
        assert_eq!(listed, [left[1], left[2], "summary.txt"], "{under_way} has its name");
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
    fn directories_that_were_made_for_a_report_that_failed_are_gone() {
        let directory = directory("nested");
        let files = ReportFiles::open(&directory.join("a/b"), &["summary.txt"]).unwrap();
        assert!(!directory.exists());
        fs::create_dir_all(directory.join("a/b/summary.txt/full")).unwrap();
        assert!(files.write(&["answer\n".to_owned()]).is_err());
        assert_eq!(listed(&directory.join("a/b")), ["summary.txt"]);
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
