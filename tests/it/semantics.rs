//! `docs/semantics.md`: a row for each rule, made from the constants of `rules` and from `semantics_status.txt`, which says
//! what is modelled and which script or test shows it. `UPDATE_DOCS=1` writes the table.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the project's files has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use amqpsim::rules::{self, Rule};

use crate::tidy::{files, nothing_wrong, read, root};

const DATA: &str = "tests/it/semantics_status.txt";
const DOCUMENT: &str = "docs/semantics.md";
const BEGIN: &str = "<!-- rules:begin -->\n";
const END: &str = "<!-- rules:end -->";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// A script or a test shows it.
    Modelled,
    /// The code names it; nothing shows it by itself.
    Untested,
    Approximated,
    Absent,
}

impl Status {
    const ALL: [(&str, Status, &str); 4] = [
        ("modelled", Status::Modelled, "modelled"),
        ("untested", Status::Untested, "modelled, no test of its own"),
        ("approximated", Status::Approximated, "approximated"),
        ("absent", Status::Absent, "absent"),
    ];

    fn words(self) -> &'static str {
        Status::ALL.iter().find(|(_, status, _)| *status == self).unwrap().2
    }
}

/// A line of the data file.
#[derive(Debug)]
struct Line {
    id: String,
    status: Status,
    /// Names of scripts, and of tests with `()`.
    evidence: Vec<String>,
    remark: String,
}

fn lines() -> Vec<Line> {
    let text = read(DATA);
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [id, status, evidence, remark] = cells[..] else { panic!("{DATA}: not four cells: {row}") };
        let known = Status::ALL.iter().find(|(name, ..)| *name == status);
        let status = known.unwrap_or_else(|| panic!("{DATA}: {id}: no such status: {status}")).1;
        let evidence = evidence.split_whitespace().map(str::to_owned).collect();
        Line { id: id.to_owned(), status, evidence, remark: remark.to_owned() }
    })
    .collect()
}

/// Paths of scripts from `tests/conformance`, by name.
fn scripts() -> BTreeMap<String, String> {
    let paths = files("tests/conformance", ".json").into_iter();
    paths
        .map(|path| {
            let name = path.rsplit('/').next().unwrap().trim_end_matches(".json").to_owned();
            (name, path)
        })
        .collect()
}

/// Paths of the files with a test, by the test's name.
fn tests() -> BTreeMap<String, String> {
    let mut tests = BTreeMap::new();
    for path in ["src", "tests"].map(|directory| files(directory, ".rs")).concat() {
        let text = read(&path);
        for rest in text.split("#[test]").skip(1) {
            let Some((_, rest)) = rest.split_once("fn ") else { continue };
            let name = rest.split(['(', '<']).next().unwrap();
            tests.insert(name.to_owned(), path.clone());
        }
    }
    tests
}

/// Ids that stand in a line: `ACK-1`, and all of `ACK-1 to ACK-4`.
fn ids(line: &str) -> Vec<String> {
    let words: Vec<&str> =
        line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|w| !w.is_empty()).collect();
    let number = |word: &str| -> Option<(String, u32)> {
        let (prefix, number) = word.split_once('-')?;
        let upper = !prefix.is_empty() && prefix.chars().all(|c| c.is_ascii_uppercase());
        if upper { Some((prefix.to_owned(), number.parse().ok()?)) } else { None }
    };
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let Some((prefix, first)) = number(word) else { continue };
        let last = match words.get(place + 1..place + 3) {
            Some(["to", end]) => number(end).filter(|(other, _)| *other == prefix).map(|(_, last)| last),
            _ => None,
        };
        found.extend((first..=last.unwrap_or(first)).map(|n| format!("{prefix}-{n}")));
    }
    found
}

#[test]
fn a_range_of_ids_is_all_of_them() {
    assert_eq!(ids("// Source: rules QQ-1 to QQ-3, (ACK-2)."), ["QQ-1", "QQ-2", "QQ-3", "QQ-3", "ACK-2"]);
    assert_eq!(ids("in UTF-8 at-most-once, x-1"), ["UTF-8"]);
}

/// The rules that the code names, each with the file: by constant (`rules::ACK_2`) or by `Source: rule ACK-2`.
fn cited() -> Vec<(String, String)> {
    let mut cited = Vec::new();
    for path in files("src", ".rs").into_iter().filter(|path| !path.starts_with("src/rules/")) {
        let text = read(&path);
        let mut found: Vec<String> = text.split("rules::").skip(1).filter_map(constant).collect();
        // A citation may go on in the next line of its comment.
        let mut goes_on = false;
        for line in text.lines().map(str::trim) {
            let comment = line.starts_with("//");
            let from = if goes_on && comment { Some(0) } else { line.find("Source:") };
            found.extend(from.map(|from| ids(&line[from..])).unwrap_or_default());
            goes_on = comment && from.is_some() && !line.ends_with('.');
        }
        // Ids of differences between versions and of deviations are no rules.
        found.retain(|id| !id.starts_with("VER-") && !id.starts_with("DEV-"));
        cited.extend(found.into_iter().map(|id| (id, path.clone())));
    }
    cited
}

/// The id of the constant that the text begins with: `ACK_2` is `ACK-2`.
fn constant(text: &str) -> Option<String> {
    let is_of_name = |c: &char| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_';
    let name: String = text.chars().take_while(is_of_name).collect();
    let (prefix, number) = name.split_once('_')?;
    number.parse::<u32>().ok().map(|number| format!("{prefix}-{number}"))
}

#[test]
fn every_rule_that_the_code_names_exists() {
    let cited = cited();
    assert!(cited.len() > 400, "{}", cited.len());
    let wrong = cited.iter().filter(|(id, _)| rules::find(id).is_none());
    nothing_wrong(&wrong.map(|(id, path)| format!("{path}: there is no rule {id}")).collect::<Vec<_>>());
}

#[test]
fn every_rule_has_one_status_and_what_holds_it_exists() {
    let lines = lines();
    let known: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
    let listed: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(listed, known, "{DATA}: every rule, in the order of `amqpsim list rules`");
    let (scripts, tests) = (scripts(), tests());
    let used = cited()
        .into_iter()
        .filter(|(_, path)| path.starts_with("src/broker/") || path.starts_with("src/model/"));
    let used: BTreeSet<String> = used.map(|(id, _)| id).collect();
    let document = read(DOCUMENT);
    let mut complaints = Vec::new();
    for Line { id, status, evidence, remark } in &lines {
        for name in evidence {
            let exists = match name.strip_suffix("()") {
                Some(test) => tests.contains_key(test),
                None => scripts.contains_key(name),
            };
            if !exists {
                complaints.push(format!("{DATA}: {id}: there is no `{name}`"));
            }
        }
        for deviation in ids(remark).iter().filter(|id| id.starts_with("DEV-")) {
            if !document.contains(&format!("* **{deviation}** ")) {
                complaints.push(format!("{DATA}: {id}: {DOCUMENT} does not tell of {deviation}"));
            }
        }
        let wrong = match status {
            Status::Modelled if evidence.is_empty() => "modelled, but nothing shows it",
            Status::Untested if !evidence.is_empty() => "something shows it: it is modelled",
            Status::Untested if !used.contains(id) => "neither shown nor named by the code: absent?",
            Status::Approximated | Status::Absent if remark.is_empty() => "the reason is missing",
            Status::Absent if !evidence.is_empty() => "absent, but something shows it",
            _ => continue,
        };
        complaints.push(format!("{DATA}: {id}: {wrong}"));
    }
    nothing_wrong(&complaints);
}

/// The table, and how many rules have which status.
fn table() -> String {
    let (lines, scripts, tests) = (lines(), scripts(), tests());
    let mut text = String::new();
    for (_, status, words) in Status::ALL {
        let count = lines.iter().filter(|line| line.status == status).count();
        writeln!(text, "* {words}: {count}").unwrap();
    }
    text.push_str("\n| Rule | Statement | Source | Status | Held by |\n|---|---|---|---|---|\n");
    for (Rule { id, statement, source, .. }, line) in rules::ALL.iter().map(|rule| &**rule).zip(lines) {
        let remark = if line.remark.is_empty() { String::new() } else { format!(": {}", line.remark) };
        let places = line.evidence.iter().map(|name| match name.strip_suffix("()") {
            Some(function) => format!("`{name}` in `{}`", tests[function]),
            None => format!("[{name}](../{})", scripts[name]),
        });
        let held = places.collect::<Vec<_>>().join(", ");
        let (statement, source) = (statement.replace('|', "\\|"), source.replace('|', "\\|"));
        writeln!(text, "| {id} | {statement} | {source} | {}{remark} | {held} |", line.status.words())
            .unwrap();
    }
    text
}

#[test]
fn the_table_of_semantics_is_made_from_the_rules() {
    let text = read(DOCUMENT);
    let (before, rest) = text.split_once(BEGIN).expect("the table is marked");
    let (shown, after) = rest.split_once(END).expect("the table is marked");
    let expected = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(DOCUMENT), format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
    } else {
        assert!(shown == expected, "UPDATE_DOCS=1 cargo test semantics writes the table of {DOCUMENT}");
    }
}
