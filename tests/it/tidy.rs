//! The structure of the project, as far as a test can see it. The table of rooms in `docs/ARCHITECTURE.md` is the only
//! one: these tests read it and hold the sources to it. They hold the documents to the sources, too.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the project's files has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest file in `src`, its tests not counted.
const LINES_MAX: usize = 500;
/// What every room of the simulated system denies itself.
const EXACT: &str = "#![deny(clippy::disallowed_types, clippy::float_arithmetic)]";
/// Parts of `std` that only these rooms may name: the world outside of a run, and threads.
const OUTSIDE: [(&str, &[&str]); 6] = [
    ("fs", &["cli", "proptest"]),
    ("env", &["cli"]),
    ("net", &[]),
    ("time", &["cli"]),
    ("process", &["cli", "main"]),
    ("thread", &["cli", "experiment", "scenario"]),
];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files below `directory` whose names end with `ending`, as paths from the root with `/`, sorted.
pub(crate) fn files(directory: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![root().join(directory)];
    while let Some(directory) = pending.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                pending.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                let path: PathBuf = path.strip_prefix(root()).unwrap().to_owned();
                found.push(path.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// `complaints` must be empty; all of them are shown at once.
pub(crate) fn nothing_wrong(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}\n", complaints.len(), complaints.join("\n"));
}

/// What stands between backticks in one line of Markdown.
fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// A row of the table of rooms.
#[derive(Debug)]
struct Room {
    name: String,
    imports: Vec<String>,
    /// A room of the simulated system: integers and fixed orders only.
    exact: bool,
}

/// The table of rooms, from `docs/ARCHITECTURE.md`.
fn rooms() -> Vec<Room> {
    let text = read("docs/ARCHITECTURE.md");
    let table =
        text.split("<!-- rooms:begin -->").nth(1).and_then(|rest| rest.split("<!-- rooms:end -->").next());
    let rows =
        table.expect("the table of rooms is marked").lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_floor, room, imports, exact, _never_knows] = cells[..] else { panic!("not five cells: {row}") };
        let names = |cell| quoted(cell).into_iter().map(str::to_owned).collect();
        let name = quoted(room)[0].to_owned();
        Room { name, imports: names(imports), exact: exact == "exact" }
    })
    .collect()
}

/// The room of a source file: `src/broker/queue/mod.rs` → `broker`.
fn room_of(path: &str) -> &str {
    let rest = path.strip_prefix("src/").unwrap();
    rest.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The text with its comment lines blanked, so that links in documentation count for nothing.
fn without_comments(text: &str) -> String {
    let code = |line: &str| if line.trim_start().starts_with("//") { String::new() } else { line.to_owned() };
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// Whatever is named directly below `prefix::`, with its line: `prefix::a::B` and `prefix::{a::B, c}` alike.
fn named_below(text: &str, prefix: &str) -> Vec<(usize, String)> {
    let code = without_comments(text);
    let start = format!("{prefix}::");
    let ident = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&start) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
            continue;
        }
        let line = code[..at].lines().count().max(1);
        let rest = &code[at + start.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push((line, ident(rest)));
            continue;
        };
        let mut depth = 0;
        let mut item = 0;
        for (place, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    let here = line + group[..place].matches('\n').count();
                    found.push((here, ident(&group[item..place])));
                    item = place + 1;
                    if c == '}' {
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    found.retain(|(_, name)| !name.is_empty());
    found
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::units;\n// crate::no\nuse crate::{amqp::{Name, Names},\n    rules, self};\n\
                fn f(x: crate::broker::Out) { $crate::no::x(); other_crate::no::y() }\n";
    let found: Vec<String> =
        named_below(text, "crate").iter().map(|(line, name)| format!("{line} {name}")).collect();
    assert_eq!(found, ["1 units", "3 amqp", "4 rules", "4 self", "5 broker"]);
}

#[test]
fn every_room_imports_only_what_the_table_allows() {
    let rooms = rooms();
    let known: BTreeSet<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    let mut complaints = Vec::new();
    for path in
        files("src", ".rs").iter().filter(|path| !["src/lib.rs", "src/main.rs"].contains(&path.as_str()))
    {
        let own = room_of(path);
        let Some(room) = rooms.iter().find(|room| room.name == own) else {
            complaints.push(format!("{path}: docs/ARCHITECTURE.md has no room `{own}`"));
            continue;
        };
        for (line, name) in named_below(&read(path), "crate") {
            if name != own && !room.imports.contains(&name) && known.contains(name.as_str()) {
                complaints.push(format!("{path}:{line}: `{own}` must not import `{name}`"));
            } else if !known.contains(name.as_str()) {
                complaints.push(format!("{path}:{line}: `{name}` is imported from no room"));
            }
        }
    }
    nothing_wrong(&complaints);
}

/// So no two rooms can need each other, directly or in a circle.
#[test]
fn a_room_imports_only_rooms_above_it_in_the_table() {
    let rooms = rooms();
    let mut complaints = Vec::new();
    for (place, room) in rooms.iter().enumerate() {
        let above: Vec<&String> = rooms[..place].iter().map(|room| &room.name).collect();
        let wrong = room.imports.iter().filter(|name| !above.contains(name));
        complaints
            .extend(wrong.map(|name| format!("`{}` imports `{name}`, which is not above it", room.name)));
    }
    nothing_wrong(&complaints);
}

#[test]
fn the_table_has_each_room_once() {
    let mut declared: Vec<String> = read("src/lib.rs")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("pub mod ")?.trim_end_matches(';').to_owned()))
        .collect();
    let mut listed: Vec<String> = rooms().into_iter().map(|room| room.name).collect();
    declared.sort();
    listed.sort();
    assert_eq!(listed, declared);
}

/// `use super::…` at the left edge of a file must not climb out of the file's room: rooms are named by `crate::`.
#[test]
fn a_room_is_left_by_its_name_only() {
    let mut complaints = Vec::new();
    for path in files("src", ".rs") {
        let parts = path.strip_prefix("src/").unwrap().trim_end_matches("/mod.rs").split('/').count();
        for (line, text) in read(&path).lines().enumerate() {
            let used = text.trim_start_matches("pub ").strip_prefix("use ").unwrap_or_default();
            let climbs = used.split("::").take_while(|part| *part == "super").count();
            if climbs >= parts && climbs > 0 {
                complaints.push(format!("{path}:{}: `{text}` leaves its room; write `crate::`", line + 1));
            }
        }
    }
    nothing_wrong(&complaints);
}

#[test]
fn rooms_of_the_simulated_system_deny_floats_and_what_has_no_order() {
    let mut complaints = Vec::new();
    for room in rooms().iter().filter(|room| room.exact) {
        let path = format!("src/{}.rs", room.name);
        let path = if root().join(&path).exists() { path } else { format!("src/{}/mod.rs", room.name) };
        if !read(&path).lines().any(|line| line == EXACT) {
            complaints.push(format!("{path}: does not start with {EXACT}"));
        }
    }
    nothing_wrong(&complaints);
}

#[test]
fn the_world_outside_is_known_to_few_rooms() {
    let mut complaints = Vec::new();
    for path in files("src", ".rs") {
        let room = room_of(&path);
        for (line, name) in named_below(&read(&path), "std") {
            let allowed = OUTSIDE.iter().find(|(part, _)| *part == name).map(|(_, rooms)| *rooms);
            if allowed.is_some_and(|rooms| !rooms.contains(&room)) {
                complaints.push(format!("{path}:{line}: `{room}` must not use `std::{name}`"));
            }
        }
    }
    nothing_wrong(&complaints);
}

#[test]
fn every_module_says_what_it_owns() {
    let silent = files("src", ".rs").into_iter().chain(files("tests", ".rs"));
    let silent = silent.filter(|path| !read(path).starts_with("//! "));
    nothing_wrong(&silent.map(|path| format!("{path}:1: does not start with `//!`")).collect::<Vec<_>>());
}

#[test]
fn no_file_is_longer_than_a_reader_likes() {
    let mut complaints = Vec::new();
    for path in files("src", ".rs").iter().filter(|path| !path.ends_with("/tests.rs")) {
        let text = read(path);
        let lines: Vec<&str> = text.lines().collect();
        let tests = lines.windows(2).position(|two| two[0] == "#[cfg(test)]" && two[1].ends_with('{'));
        let count = tests.unwrap_or(lines.len());
        if count > LINES_MAX {
            complaints.push(format!("{path}: {count} lines without its tests, at most {LINES_MAX}"));
        }
    }
    nothing_wrong(&complaints);
}

#[test]
fn nothing_is_left_for_later() {
    let marks = ["todo!", "unimplemented!", "FIXME", "TODO", "XXX", "#[ignore"];
    let mut complaints = Vec::new();
    let places = ["src", "tests", "examples", "benches"].map(|directory| files(directory, ".rs")).concat();
    for path in places.iter().filter(|path| *path != "tests/it/tidy.rs") {
        for (line, text) in read(path).lines().enumerate() {
            let found = marks.iter().filter(|mark| text.contains(**mark));
            complaints.extend(found.map(|mark| format!("{path}:{}: `{mark}`", line + 1)));
        }
    }
    nothing_wrong(&complaints);
}

#[test]
fn every_scenario_says_what_it_shows_and_which_rabbitmq_it_is_about() {
    let mut complaints = Vec::new();
    for path in files("scenarios", ".toml") {
        let text = read(&path);
        if !text.starts_with("# ") {
            complaints.push(format!("{path}:1: the head comment is missing"));
        }
        let table: toml::Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let broker = table.get("broker").and_then(|broker| broker.get("profile"));
        if broker.is_none() {
            complaints.push(format!("{path}: does not name its profile"));
        }
    }
    nothing_wrong(&complaints);
}

#[test]
fn the_readme_lists_every_scenario() {
    let text = read("README.md");
    let missing = files("scenarios", ".toml").into_iter().filter(|path| !text.contains(&format!("({path})")));
    // Those that repeat measurements are in a table of their own.
    let (measured, lessons): (Vec<String>, Vec<String>) =
        missing.partition(|path| path.starts_with("scenarios/calibration/"));
    nothing_wrong(&lessons.iter().map(|path| format!("README.md: does not list {path}")).collect::<Vec<_>>());
    let text = read("docs/durability.md");
    let missing = measured.iter().filter(|path| !text.contains(&format!("(../{path})")));
    let silent = missing.map(|path| format!("docs/durability.md: does not list {path}"));
    nothing_wrong(&silent.collect::<Vec<_>>());
}

/// Files exist, functions exist: what the map says is there is there.
#[test]
fn the_architecture_names_only_what_exists() {
    let sources = ["src", "tests"].map(|directory| files(directory, ".rs")).concat();
    let code: Vec<String> = sources.iter().map(|path| read(path)).collect();
    let mut complaints = Vec::new();
    for (line, text) in read("docs/ARCHITECTURE.md").lines().enumerate() {
        for word in quoted(text) {
            let missing = if let Some(path) = word.strip_suffix("()") {
                let function = path.rsplit("::").next().unwrap();
                let defined = [format!("fn {function}("), format!("fn {function}<")];
                !code.iter().any(|text| defined.iter().any(|start| text.contains(start)))
            } else if is_path(word) {
                !root().join(word).exists() && !root().join("src").join(word).exists()
            } else {
                false
            };
            if missing {
                complaints.push(format!("docs/ARCHITECTURE.md:{}: there is no `{word}`", line + 1));
            }
        }
    }
    nothing_wrong(&complaints);
}

/// Whether a word of a document is meant as a path of this repository.
fn is_path(word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_alphanumeric() || "/_-.".contains(c));
    let ends = [".rs", ".toml", ".md", ".txt", ".json", "/"];
    plain && !word.starts_with('/') && ends.iter().any(|end| word.ends_with(end))
}

/// The commands of the `console` blocks of a document: lines that start with `$ `.
fn commands(text: &str) -> Vec<String> {
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).filter_map(|line| Some(line.strip_prefix("$ ")?.to_owned())).collect()
}

#[test]
fn commands_of_the_readme_can_be_typed() {
    let commands = commands(&read("README.md"));
    assert!(commands.len() >= 2, "the README shows how to start");
    let mut complaints = Vec::new();
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let subcommand = match words[..] {
            ["amqpsim", subcommand, ..] | ["cargo", "run", "--release", "--", subcommand, ..] => {
                Some(subcommand)
            }
            ["cargo", "test" | "install", ..] | ["git" | "cd", ..] => None,
            _ => {
                complaints.push(format!("README.md: `{command}` is no command of this project"));
                None
            }
        };
        if let Some(subcommand) = subcommand {
            let mut help = Command::new(env!("CARGO_BIN_EXE_amqpsim"));
            if !help.args([subcommand, "--help"]).output().unwrap().status.success() {
                complaints.push(format!("README.md: `{command}`: there is no `{subcommand}`"));
            }
        }
        for file in words.iter().filter(|word| is_path(word) && **word != ".") {
            if !root().join(file).exists() {
                complaints.push(format!("README.md: `{command}`: there is no {file}"));
            }
        }
    }
    nothing_wrong(&complaints);
}

/// The README's result is what the program prints: the head of the sheet that has the variants side by side, and these
/// rows. `UPDATE_README=1` writes it.
#[test]
fn the_result_in_the_readme_is_the_programs() {
    const SHOWN: [(&str, &[&str]); 2] = [
        (" consumer `slow`", &["   share ", "   sojourn-p95 "]),
        (" queue `tasks`", &["   makespan ", "   makespan-ratio "]),
    ];
    let (begin, end) = ("<!-- fair-dispatch:begin -->\n", "<!-- fair-dispatch:end -->");
    let text = read("README.md");
    let (before, rest) = text.split_once(begin).expect("the result is marked");
    let (shown, after) = rest.split_once(end).expect("the result is marked");
    let mut program = Command::new(env!("CARGO_BIN_EXE_amqpsim"));
    program.args(["compare", "scenarios/fair-dispatch.toml", "--no-out"]).current_dir(root());
    let output = program.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let sheet = printed.split("\n\n").find(|part| part.starts_with("side by side")).unwrap_or_default();
    // The legend comes first; the names of the variants stand far to the right.
    let head = sheet.lines().skip_while(|line| !line.starts_with("     "));
    let mut rows: Vec<&str> = head.take(2).collect();
    for (group, measures) in SHOWN {
        rows.push(group);
        let lines =
            printed.lines().skip_while(|line| *line != group).skip(1).take_while(|line| !line.is_empty());
        rows.extend(lines.filter(|line| measures.iter().any(|start| line.starts_with(start))));
    }
    assert!(rows.len() == 8, "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let expected = format!("```text\n{}\n```\n", rows.join("\n"));
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(root().join("README.md"), format!("{before}{begin}{expected}{end}{after}")).unwrap();
    } else {
        assert_eq!(shown, expected, "UPDATE_README=1 cargo test tidy writes the README's result");
    }
}

/// What the document says RabbitMQ does otherwise is marked where it is done, and the other way round.
#[test]
fn deviations_are_told_and_marked() {
    let text = read("docs/semantics.md");
    let told: BTreeSet<String> = text
        .lines()
        .filter_map(|line| Some(line.strip_prefix("* **")?.split_once("**")?.0.to_owned()))
        .filter(|id| id.starts_with("DEV-"))
        .collect();
    let mut marked = BTreeSet::new();
    let mut complaints = Vec::new();
    for path in files("src", ".rs") {
        for (line, text) in read(&path).lines().enumerate() {
            for rest in text.split("Deviation: ").skip(1) {
                let id: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
                if !told.contains(&id) {
                    complaints.push(format!("{path}:{}: docs/semantics.md does not tell of {id}", line + 1));
                }
                marked.insert(id);
            }
        }
    }
    let missing = told.difference(&marked);
    complaints.extend(missing.map(|id| format!("docs/semantics.md: {id} is marked nowhere in src")));
    assert!(told.len() > 10, "the deviations are listed");
    nothing_wrong(&complaints);
}

/// Links of the documents lead to files.
#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut complaints = Vec::new();
    for document in ["README.md", "CHANGELOG.md"].into_iter().map(str::to_owned).chain(files("docs", ".md")) {
        let directory = root().join(&document).parent().unwrap().to_owned();
        for (line, text) in read(&document).lines().enumerate() {
            let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
                let file = target.split('#').next().unwrap();
                if !directory.join(file).exists() {
                    complaints.push(format!("{document}:{}: there is no {file}", line + 1));
                }
            }
        }
    }
    nothing_wrong(&complaints);
}
