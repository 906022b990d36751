//! `amqpsim sweep` from outside.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::{amqpsim, command, directory, err, file, out};

/// Two variants that differ in what is varied only, and one that does not.
const SHOP: &str = r#"# A shop.
[replication]
replications = 3
seed = 5
[[queue]]
name = "orders"
[[producer]]
name = "shop"
routing-key = "orders"
count = 60
interarrival = { exponential = "10ms" }
[[consumer]]
name = "a"
queue = "orders"
service-time = { exponential = "12ms" }
[[consumer]]
name = "b"
queue = "orders"
service-time = "30ms"
[[variant]]
name = "one"
set = { "consumer.*.prefetch-count" = 1 }
[[variant]]
name = "two, slow"
set = { "consumer.*.prefetch-count" = 2, "link.latency" = "20ms" }
[[variant]]
name = "three"
set = { "consumer.*.prefetch-count" = 3 }"#;

const VARY: [&str; 4] = ["--vary", "consumer.*.prefetch-count=1,2,10", "--vary", "consumer.b.speed=1,2"];

const FILES: [&str; 4] = ["sweep.txt", "sweep.csv", "sweep.json", "sweep.svg"];

/// Sweeps into a directory; what it says on standard output.
fn swept(shop: &str, place: &Path, more: &[&str]) -> String {
    let output = amqpsim(&[&["sweep", shop, "--out", place.to_str().unwrap()], &VARY[..], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    out(&output).to_owned()
}

/// The report files, and those of the points with their names.
fn files(place: &Path) -> Vec<(String, String)> {
    let points = fs::read_dir(place.join("sweep-points")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = FILES.iter().map(|name| place.join(name)).chain(points).collect();
    paths.sort();
    let text =
        |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    paths.iter().map(|path| (path.strip_prefix(place).unwrap().display().to_string(), text(path))).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let directory = directory("sweep-jobs");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let [one, two] = ["1", "2"].map(|jobs| {
        let place = directory.join(jobs);
        (swept(&shop, &place, &["--jobs", jobs]), files(&place))
    });
    assert_eq!(one, two);
    assert_eq!(one.1.len(), 4 + 1 + 12, "two variants, three counts, two speeds");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_sweep_that_was_interrupted_goes_on_to_the_same_bytes() {
    let directory = directory("sweep-resumed");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let (whole, broken) = (directory.join("whole"), directory.join("broken"));
    let said = swept(&shop, &whole, &[]);
    swept(&shop, &broken, &["--jobs", "1"]);
    for name in FILES {
        fs::remove_file(broken.join(name)).unwrap();
    }
    let mut points: Vec<_> =
        fs::read_dir(broken.join("sweep-points")).unwrap().map(|entry| entry.unwrap().path()).collect();
    points.sort();
    fs::remove_file(&points[2]).unwrap();
    // A copy that ended too early, one of another point, and what an interrupt leaves.
    let half = fs::read_to_string(&points[4]).unwrap();
    fs::write(&points[4], half.lines().take(40).flat_map(|line| [line, "\n"]).collect::<String>()).unwrap();
    fs::copy(&points[7], &points[8]).unwrap();
    fs::write(broken.join("sweep-points/.00003.csv.1.partial"), "half").unwrap();
    assert_eq!(swept(&shop, &broken, &["--jobs", "2"]), said);
    assert_eq!(files(&broken), files(&whole));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_sweep_that_is_killed_leaves_no_report_and_goes_on() {
    let directory = directory("sweep-killed");
    let shop = file(&directory, "shop.toml", SHOP.replace("count = 60", "count = 3000").as_bytes());
    let (whole, killed) = (directory.join("whole"), directory.join("killed"));
    let arguments = [&["sweep", &shop, "--jobs", "1", "--out", killed.to_str().unwrap()], &VARY[..]].concat();
    let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let points = || fs::read_dir(killed.join("sweep-points")).into_iter().flatten().count();
    while points() < 4 && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(points() < 13, "it was done before it was killed");
    assert!(FILES.iter().all(|name| !killed.join(name).exists()));
    let output = amqpsim(&arguments);
    assert!(err(&output).contains(" of 12 points are there already"), "{}", err(&output));
    assert_eq!(swept(&shop, &whole, &[]), out(&output));
    assert_eq!(files(&killed), files(&whole));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn parts_are_put_together_by_copying_their_points() {
    let directory = directory("sweep-shards");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let [whole, here, there] = ["whole", "here", "there"].map(|name| directory.join(name));
    let said = swept(&shop, &whole, &[]);
    let part = swept(&shop, &here, &["--shard", "1/2"]);
    assert!(
        part.starts_with("part 1/2 is done; 6 of 12 points are still missing: 2, 4, 6, 8, 10, 12\n"),
        "{part}"
    );
    assert!(!here.join("sweep.csv").exists());
    swept(&shop, &there, &["--shard", "2/2"]);
    for entry in fs::read_dir(there.join("sweep-points")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, here.join("sweep-points").join(path.file_name().unwrap())).unwrap();
    }
    assert_eq!(swept(&shop, &here, &[]), said);
    assert_eq!(files(&here), files(&whole));
    for wrong in ["0/2", "3/2", "1", "a/b", "1/0"] {
        let output = amqpsim(&["sweep", &shop, VARY[0], VARY[1], "--shard", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn another_sweep_in_the_same_directory_is_refused_unless_it_is_to_start_anew() {
    let directory = directory("sweep-another");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let place = directory.join("report");
    let before = (swept(&shop, &place, &[]), files(&place));
    let changed = file(
        &directory,
        "changed/shop.toml".split('/').next_back().unwrap(),
        SHOP.replace("30ms", "31ms").as_bytes(),
    );
    let attempt = |more: &[&str]| {
        amqpsim(&[&["sweep", &changed, "--out", place.to_str().unwrap()], &VARY[..], more].concat())
    };
    let output = attempt(&["--seed", "9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("error[another-sweep]: "), "{}", err(&output));
    assert!(err(&output).contains("note: seed: `5` there, `9` here"), "{}", err(&output));
    assert!(err(&output).contains("note: digest of what is simulated: "), "{}", err(&output));
    assert_eq!(files(&place), before.1);
    assert_eq!(attempt(&["--seed", "9", "--restart"]).status.code(), Some(0));
    assert_eq!(files(&place).len(), before.1.len(), "points of the old sweep are gone");
    assert_ne!(files(&place), before.1);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_point_has_the_numbers_of_a_run_with_its_settings() {
    let directory = directory("sweep-point");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let output = amqpsim(&[&["sweep", &shop, "--no-out", "--format", "csv"], &VARY[..]].concat());
    assert!(err(&output).contains("variant `three` is left out: it is the same as `one` at every point"));
    assert!(!directory.join("sweep-points").exists());
    let mut reader = csv_rows(out(&output));
    assert_eq!(reader.remove(0)[9..], ["variant", "consumer.*.prefetch-count", "consumer.b.speed"]);
    // Point 10 of 12: the second variant, the second count, the second speed.
    let point: Vec<Vec<String>> = reader.into_iter().filter(|row| row[0] == "10").collect();
    assert_eq!(point[0][9..], ["two, slow", "2", "2"]);
    let sets = ["--set", "consumer.*.prefetch-count=2", "--set", "consumer.b.speed=2"];
    let all = ["--variant", "two, slow", "--set", "replication.details=false", "--no-out", "--format", "csv"];
    let run = amqpsim(&[&["run", &shop], &all[..], &sets[..]].concat());
    let rows = csv_rows(out(&run));
    assert_eq!(rows.len(), point.len() + 1);
    assert!(rows[1..].iter().zip(&point).all(|(row, swept)| row[1..] == swept[1..8]));
    fs::remove_dir_all(directory).unwrap();
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn what_is_not_random_is_run_once_and_differs_or_does_not() {
    let directory = directory("sweep-exact");
    let text = SHOP
        .replace("{ exponential = \"10ms\" }", "\"10ms\"")
        .replace("{ exponential = \"12ms\" }", "\"12ms\"");
    let shop = file(&directory, "shop.toml", text.as_bytes());
    let said = swept(
        &shop,
        &directory.join("report"),
        &["--variant", "one", "--measure", "processed", "--measure", "share"],
    );
    assert!(said.contains("6 points, one run each, nothing is random"), "{said}");
    assert!(said.contains("consumer `a`") && !said.contains("±") && said.contains(" *\n"), "{said}");
    let output = amqpsim(&[&["sweep", &shop, "--measure", "sharing"], &VARY[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).starts_with("error[unknown-measure]: there is no measure `sharing`"),
        "{}",
        err(&output)
    );
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn of_parts_that_share_a_directory_the_last_to_end_writes_the_report() {
    let directory = directory("sweep-shared");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let (whole, shared) = (directory.join("whole"), directory.join("shared"));
    swept(&shop, &whole, &[]);
    let parts = ["1/3", "2/3", "3/3"].map(|shard| {
        let arguments =
            [&["sweep", &shop, "--out", shared.to_str().unwrap(), "--shard", shard], &VARY[..]].concat();
        command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    for mut part in parts {
        assert!(part.wait().unwrap().success());
    }
    assert_eq!(files(&shared), files(&whole));
    fs::remove_dir_all(directory).unwrap();
}

/// Pilot runs find how long the start matters; the longest is left out at every point.
#[test]
fn a_steady_state_is_measured_after_the_longest_warm_up() {
    let directory = directory("sweep-steady");
    let text = SHOP
        .replace("seed = 5", "seed = 5\nstudy = \"steady-state\"\nduration = \"20s\"")
        .replace("count = 60\n", "");
    let shop = file(&directory, "shop.toml", text.as_bytes());
    let [one, two] = ["1", "2"].map(|jobs| {
        swept(&shop, &directory.join(jobs), &["--variant", "one", "--jobs", jobs, "--measure", "throughput"])
    });
    assert_eq!(one, two);
    assert!(one.contains("study: steady state, measured from "), "{one}");
    let given = file(
        &directory,
        "given.toml",
        text.replace("steady-state\"", "steady-state\"\nwarm-up = \"7s\"").as_bytes(),
    );
    let said = swept(&given, &directory.join("given"), &["--variant", "one", "--measure", "throughput"]);
    assert!(said.contains("study: steady state, measured from 7s on at every point"), "{said}");
    let pictures =
        ["1", "2"].map(|jobs| fs::read_to_string(directory.join(jobs).join("warm-up.svg")).unwrap());
    assert!(pictures[0].contains(": warm-up until ") && pictures[0] == pictures[1]);
    assert!(!directory.join("given/warm-up.svg").exists(), "nobody looked for it");
    for command in ["run", "advise"] {
        let place = directory.join(command);
        let found = amqpsim(&[command, &shop, "--variant", "one", "--out", place.to_str().unwrap()]);
        assert_eq!(found.status.code(), Some(0), "{}", err(&found));
        let picture = fs::read_to_string(place.join("warm-up.svg")).unwrap();
        assert!(picture.contains("moving mean of 21 batches") && picture.contains("virtual time (s)"));
    }
    let advice = amqpsim(&["advise", &given, "--no-out", "--replications", "3"]);
    assert_eq!(advice.status.code(), Some(0), "{}", err(&advice));
    assert!(out(&advice).contains("measured from 7s on"), "{}", out(&advice));
    fs::remove_dir_all(directory).unwrap();
}

/// A queue in the long run; its consumer works at several speeds, at the first two of which it does not keep up.
const LONG_RUN: &str = r#"# A long run.
[replication]
study = "steady-state"
duration = "60s"
precision = 0.04
precision-of = "wait-mean"
replications-max = 22
[link]
latency = "0s"
[[queue]]
name = "tasks"
[[producer]]
name = "shop"
routing-key = "tasks"
interarrival = { exponential = "10ms" }
[[consumer]]
name = "w"
queue = "tasks"
prefetch-count = 1
service-time = { exponential = "7ms" }"#;

fn long_run(place: &Path, file: &str, more: &[&str]) -> String {
    let vary = ["--vary", "consumer.w.speed=0.5,1,2", "--measure", "wait-mean", "--measure", "throughput"];
    let output = amqpsim(&[&["sweep", file, "--out", place.to_str().unwrap()], &vary[..], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    out(&output).to_owned()
}

/// Each point has as many replications as the precision takes, whoever runs them, in one go or not.
#[test]
fn replications_are_added_at_each_point_until_it_is_precise() {
    let directory = directory("sweep-precision");
    let text = file(&directory, "long.toml", LONG_RUN.as_bytes());
    let (one, two) = (directory.join("one"), directory.join("two"));
    let said = long_run(&one, &text, &["--jobs", "1"]);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("(added until wait-mean is known to ±4 %, at most 22; 22 were not enough"),
        "{said}"
    );
    assert!(words.contains(" unstable "), "{said}");
    assert!(
        said.contains(
            "unstable: at 1 point a queue does not keep up: point 1, queue `tasks`: its load is 1.4"
        ),
        "{said}"
    );
    assert!(!said.contains("--replications"), "{said}");
    assert_eq!(long_run(&two, &text, &["--jobs", "2"]), said);
    assert_eq!(files(&one), files(&two));
    // Interrupted after the second point.
    for name in FILES {
        fs::remove_file(two.join(name)).unwrap();
    }
    let third = fs::read_dir(two.join("sweep-points")).unwrap().map(|entry| entry.unwrap().path());
    fs::remove_file(third.filter(|path| path.display().to_string().contains("/00003-")).last().unwrap())
        .unwrap();
    assert_eq!(long_run(&two, &text, &[]), said);
    assert_eq!(files(&one), files(&two));

    let csv = csv_rows(&fs::read_to_string(one.join("sweep.csv")).unwrap());
    let rows = |point: &str, measure: &str| -> Vec<&Vec<String>> {
        csv.iter().filter(|row| row[0] == point && row[5] == measure).collect()
    };
    assert!(rows("1", "throughput").len() < rows("2", "throughput").len());
    assert_eq!(csv[0][8], "unstable");
    assert!(rows("1", "wait-mean").iter().all(|row| row[8] == "yes"));
    assert!(rows("1", "throughput").iter().chain(&rows("3", "wait-mean")).all(|row| row[8].is_empty()));
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(one.join("sweep.json")).unwrap()).unwrap();
    assert_eq!(json["points"][0]["unstable"][0]["queue"], "tasks");
    assert_eq!(
        (&json["points"][1]["replications"], &json["points"][1]["precise"]),
        (&22.into(), &false.into())
    );
    assert!(fs::read_to_string(one.join("sweep.svg")).unwrap().contains("unstable: no mean"));

    // The command of a point gives its numbers, all of them measured after the longest warm-up.
    let command = json["points"][2]["command"].as_str().unwrap();
    assert!(command.contains("replication.warm-up=30000000000ns"), "{command}");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let run = amqpsim(&[&words[..], &["--no-out", "--format", "csv"]].concat());
    let runs = csv_rows(out(&run));
    let waits =
        |rows: Vec<&Vec<String>>, at: usize| rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
    let run_waits = waits(runs.iter().filter(|row| row[5] == "wait-mean").collect(), 7);
    assert_eq!(run_waits, waits(rows("3", "wait-mean"), 7), "{command}");
    fs::remove_dir_all(directory).unwrap();
}

/// Without chance 6, 8 and no limit give the same: the smallest is named, and no point is called hard to tell apart.
#[test]
fn of_points_that_are_the_same_the_smallest_is_the_best() {
    let directory = directory("sweep-equal");
    let place = directory.join("report");
    let varied = "consumer.worker.prefetch-count=0,8,2,6";
    let sweep = ["sweep", "scenarios/prefetch-curve.toml", "--variant", "2 ms, prefetch 1", "--vary", varied];
    let output = amqpsim(&[&sweep[..], &["--out", place.to_str().unwrap()]].concat());
    let said = out(&output);
    let best = "throughput of `tasks` is highest at consumer.worker.prefetch-count=6: 500 /s; 2 other points have the same\n";
    assert!(said.contains(best) && !said.contains("told apart"), "{said}");
    fs::remove_dir_all(directory).unwrap();
}
