//! What identifies a run: where its scenario comes from, which variant, which seed. Its text form is a command that replays it.

use std::fmt;
use std::sync::Arc;

/// Where a scenario comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file, as named on the command line.
    pub file: String,
    /// Settings of the command line that overlay the file, as `ADDRESS=VALUE`.
    pub overrides: Vec<String>,
}

/// One run of one variant with one seed. Displays as the command that tells it step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// Where the scenario comes from.
    pub origin: Arc<Origin>,
    /// The variant's name; `None` where the file has no variants.
    pub variant: Option<String>,
    /// Its number in the experiment, from 0 on.
    pub index: u32,
    /// Its seed: the experiment's plus its number.
    pub seed: u64,
}

/// The file and settings, quoted for a POSIX shell where they need it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shell_word(&self.file))?;
        for setting in &self.overrides {
            write!(f, " --set {}", shell_word(setting))?;
        }
        Ok(())
    }
}

impl fmt::Display for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "amqpsim explain {}", self.origin)?;
        if let Some(variant) = &self.variant {
            write!(f, " --variant {}", shell_word(variant))?;
        }
        write!(f, " --seed {}", self.seed)
    }
}

/// `text` as one word of a POSIX shell.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,%+@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replication_reads_as_the_command_that_replays_it() {
        let origin = Origin {
            file: "scenarios/fair dispatch.toml".into(),
            overrides: vec!["consumer.*.prefetch-count=1".into()],
        };
        let replication =
            Replication { origin: Arc::new(origin), variant: Some("slow".into()), index: 3, seed: 4 };
        assert_eq!(
            replication.to_string(),
            "amqpsim explain 'scenarios/fair dispatch.toml' --set 'consumer.*.prefetch-count=1' --variant slow --seed 4"
        );
    }

    #[test]
    fn a_quote_survives_the_shell() {
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
