//! `amqpsim crash-points` from outside.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use super::{amqpsim, command, directory, err, file, out};

/// Half of the messages are transient; the second variant has two consumers.
const SHOP: &str = r#"# A shop.
[[queue]]
name = "orders"
durable = true
[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
count = 60
interarrival = { exponential = "10ms" }
messages = [{ persistent = true }, {}]
[[consumer]]
name = "a"
queue = "orders"
service-time = { exponential = "12ms" }
[[consumer]]
name = "b"
queue = "orders"
start = "5s"
service-time = "12ms"
[[variant]]
name = "one, alone"
[[variant]]
name = "two <& more>"
set = { "consumer.b.start" = "0s" }"#;

const KILL: [&str; 4] = ["--kind", "process-crash", "--lasts", "1s"];

#[test]
fn files_and_output_are_the_same_with_any_number_of_threads() {
    let directory = directory("crash-points-jobs");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let place = directory.join("report");
    let swept = |jobs: &str| {
        let report = ["--seed", "7", "--jobs", jobs, "--out", place.to_str().unwrap()];
        let output = amqpsim(&[&["crash-points", &shop][..], &KILL, &report].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let names = [
            "crash-points.txt",
            "crash-points.csv",
            "crash-points.svg",
            "worst-one-alone.toml",
            "worst-two-more.toml",
        ];
        let files = names.map(|name| fs::read_to_string(place.join(name)).unwrap());
        assert_eq!(fs::read_dir(&place).unwrap().count(), names.len());
        fs::remove_dir_all(&place).unwrap();
        (out(&output).to_owned(), err(&output).to_owned(), files)
    };
    let alone = swept("1");
    assert_eq!(swept("2"), alone);
    assert_eq!(swept("7"), alone);
    let (printed, said, [text, csv, svg, first, second]) = alone;
    assert_eq!(printed, text);
    assert!(said.starts_with("report: ") && said.lines().count() == 1, "{said}");
    for words in [
        "`one, alone`: a process-crash loses up to ",
        "crash: the broker's process is killed and started again, 1s later; from the crash on nothing new is",
        "variant `two <& more>`: consumer.b.start = \"0s\"\n",
        "events in ",
        "; a crash right after each of them\n",
        "messages at a crash point\n",
        "what a crash would lose, over its instant (0s to ",
        "worst: right after event ",
        "\nreproduce: amqpsim explain ",
        "worst-two-more.toml\n",
        "again: amqpsim crash-points ",
        " --kind process-crash --lasts 1s --seed 7\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }

    let mut rows = csv.lines();
    let head: Vec<&str> = rows.next().unwrap().split(',').collect();
    assert_eq!(
        head[..17].join(","),
        "variant,seed,event,at_ns,in_doubt,lost,confirmed_and_lost,processed_again,came_back,out_of_order,unfinished,\
         end,lost_anyway,republished,node,lost_for_good,duplicated"
    );
    let (mut last, mut rows_of_first) = ((0, 0), 0);
    for row in rows.filter_map(|row| row.strip_prefix("\"one, alone\",7,")) {
        let cells: Vec<&str> = row.split(',').collect();
        let number = |name: &str| -> u64 {
            cells[head.iter().position(|column| *column == name).unwrap() - 2].parse().unwrap()
        };
        let here = (number("event"), number("at_ns"));
        assert!(here.0 == last.0 + 1 && here.1 >= last.1, "{row}");
        let causes: u64 = head[17..].iter().map(|name| number(name)).sum();
        assert_eq!(number("lost"), causes, "{row}");
        assert_eq!(cells[9], "drained");
        (last, rows_of_first) = (here, rows_of_first + 1);
    }
    assert!(rows_of_first > 200, "{rows_of_first}");

    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" ") && svg.ends_with("</svg>\n"));
    for part in ["prefers-color-scheme: dark", ">variant two &lt;&amp; more&gt;: at most ", ">messages<"] {
        assert!(svg.contains(part), "{part}");
    }
    assert_eq!(svg.matches("instant of the crash, virtual time (s)").count(), 2);
    fs::create_dir_all(&place).unwrap();
    let explained = amqpsim(&["explain", &file(&place, "worst.toml", first.as_bytes())]);
    assert_eq!(explained.status.code(), Some(0), "{}", err(&explained));
    for (scenario, other) in [(&first, &second), (&second, &first)] {
        assert!(scenario.starts_with("# A shop.\n") && scenario != other, "{scenario}");
        assert!(
            scenario.contains("[replication]\nreplications = 1\nseed = 7\n")
                && !scenario.contains("variant]")
        );
        assert!(scenario.contains("[[fault.process-crash]]\nname = \"crash after event "));
        let (_, made) = scenario
            .split_once(" }\nlasts = \"1s\"\nstop-producers = true\n\n# Made from: ")
            .expect("the file ends with the crash and with how to see it");
        assert!(
            made.contains("shop.toml --variant ")
                && made.contains(" --seed 7\n# Seen by: amqpsim explain worst"),
            "{made}"
        );
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn crash_points_can_be_fewer_and_of_one_variant() {
    let directory = directory("crash-points-fewer");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let rows = |more: &[&str]| {
        let csv = ["--format", "csv", "--no-out", "--variant", "one, alone"];
        let output = amqpsim(&[&["crash-points", &shop][..], &KILL, &csv, more].concat());
        assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
        out(&output).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let all = rows(&[]);
    assert!(all.iter().all(|row| row.starts_with("\"one, alone\",1,")));
    let tenth: Vec<String> = all.iter().skip(9).step_by(10).cloned().collect();
    assert_eq!(rows(&["--every", "10"]), tenth);
    let some = rows(&["--at-most", "10"]);
    assert!(some.len() == 10 && some.iter().all(|row| all.contains(row)));
    assert_eq!(some.last(), all.last());
    assert_eq!(rows(&["--at-most", "1000000"]), all);
    assert_ne!(rows(&["--seed", "2"]), all);
    assert_ne!(rows(&["--set", "consumer.a.prefetch-count=1"]), all);

    let svg =
        ["crash-points", &shop, "--kind", "broker-restart", "--format", "svg", "--at-most", "9", "--no-out"];
    assert!(out(&amqpsim(&svg)).starts_with("<svg "));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_cannot_be_crashed_is_said_with_what_to_type() {
    let directory = directory("crash-points-mistakes");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let empty = file(&directory, "empty.toml", b"[[queue]]\nname = \"orders\"\n");
    let place = directory.join("report");
    let place = place.to_str().unwrap();
    let cases: [(&[&str], &str); 9] = [
        (&[&shop], "--kind <KIND>"),
        (&[&shop, "--kind", "proces-crash"], "tip: a similar value exists: 'process-crash'"),
        (&[&shop, "--kind", "process-crash", "--every", "0"], "expected a number from 1 on"),
        (&[&shop, "--kind", "process-crash", "--at-most", "0"], "expected a number from 1 on"),
        (&[&shop, "--kind", "process-crash", "--every", "2", "--at-most", "3"], "cannot be used with"),
        (
            &[&shop, "--kind", "process-crash", "--lasts", "5"],
            "expected a duration with its unit, such as `5s`",
        ),
        (&[&shop, "--kind", "process-crash", "--variant", "three"], "error[unknown-variant]"),
        (
            &[&shop, "--kind", "process-crash", "--every", "100000"],
            "error[nothing-to-crash]: `--every 100000` leaves no crash point: the run of variant `one, alone` of ",
        ),
        (&[&empty, "--kind", "process-crash"], "error[nothing-to-crash]: nothing happens in "),
    ];
    for (arguments, said) in cases {
        let output = amqpsim(&[&["crash-points"], arguments, &["--out", place]].concat());
        assert_eq!((output.status.code(), out(&output)), (Some(2), ""), "{arguments:?}");
        assert!(err(&output).contains(said), "{said}: {}", err(&output));
        // A report that came to nothing leaves no file.
        assert_eq!(fs::read_dir(place).map_or(0, Iterator::count), 0, "{arguments:?}");
    }
    let every = |k: &str| {
        let options = [
            "--kind",
            "process-crash",
            "--variant",
            "one, alone",
            "--no-out",
            "--format",
            "csv",
            "--every",
            k,
        ];
        amqpsim(&[&["crash-points", &shop][..], &options].concat())
    };
    let refused = every("100000");
    let (_, hint) = err(&refused).split_once("write `--every ").expect("what to write");
    let most = hint.split_once('`').map_or("", |(most, _)| most);
    assert_eq!(out(&every(most)).lines().count(), 2, "one crash point, below the names of the columns");
    let more = (most.parse::<u64>().unwrap() + 1).to_string();
    assert_eq!(every(&more).status.code(), Some(2));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn no_scenario_is_written_over() {
    let directory = directory("crash-points-overwritten");
    let text = SHOP.split_once("[[variant]]").unwrap().0;
    let worst = file(&directory, "worst.toml", text.as_bytes());
    let place = directory.to_str().unwrap();
    let output = amqpsim(&[&["crash-points", &worst][..], &KILL, &["--out", place]].concat());
    assert_eq!((output.status.code(), out(&output)), (Some(2), ""));
    assert!(err(&output).starts_with("error[scenario-overwritten]: --out "), "{}", err(&output));
    assert_eq!(fs::read_to_string(&worst).unwrap(), text);
    fs::remove_dir_all(directory).unwrap();
}

/// A reader that has enough ends the output, not the report.
#[test]
fn the_report_is_whole_when_nobody_reads_the_output() {
    let directory = directory("crash-points-pipe");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let place = directory.join("report");
    let report = ["--format", "csv", "--quiet", "--out", place.to_str().unwrap()];
    let mut child = command(&[&["crash-points", &shop][..], &KILL, &report].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
    assert!(fs::read_to_string(place.join("crash-points.svg")).unwrap().ends_with("</svg>\n"));
    assert_eq!(fs::read_dir(&place).unwrap().count(), 5);
    fs::remove_dir_all(directory).unwrap();
}

/// The option says what a crash hits; what it cannot hit is said with what to type.
#[test]
fn a_crash_hits_the_node_or_the_queue_that_is_named() {
    let directory = directory("crash-points-targets");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let two = SHOP.replace("[[producer]]", "[[queue]]\nname = \"other\"\n[[producer]]");
    let two = file(&directory, "two.toml", two.as_bytes());
    let place = directory.join("report");
    let said = |scenario: &str, more: &[&str]| {
        let options = ["--at-most", "30", "--format", "json", "--out", place.to_str().unwrap()];
        let output = amqpsim(&[&["crash-points", scenario][..], &options, more].concat());
        (output.status.code(), out(&output).to_owned() + err(&output))
    };
    for (scenario, more, words) in [
        (&shop, &["--kind", "queue-crash"][..], "\"queue\": \"orders\""),
        (&two, &["--kind", "queue-crash", "--queue", "other"], "\"queue\": \"other\""),
        (&shop, &["--kind", "node-crash", "--by", "power-loss", "--node", "1"], "\"by\": \"power-loss\""),
        (&shop, &["--kind", "consumer-crash", "--client", "a"], "\"client\": "),
        (&shop, &["--kind", "producer-crash"], "\"client\": "),
    ] {
        let (code, json) = said(scenario, more);
        assert_eq!(code, Some(0), "{json}");
        assert!(
            json.starts_with("{\n  \"format\": \"amqpsim-crash-points/1\"") && json.contains(words),
            "{json}"
        );
        let worst = place.join("worst-one-alone.toml");
        let run = amqpsim(&["check", worst.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(0), "{}", err(&run));
    }
    for (scenario, more, words) in [
        (&two, &["--kind", "queue-crash"][..], "there are 2 classic queues"),
        (&two, &["--kind", "queue-crash", "--queue", "orers"], "classic queues are `orders`, `other`"),
        (
            &shop,
            &["--kind", "node-crash", "--node", "2"],
            "there is no node 2, because the broker has one node",
        ),
        (&shop, &["--kind", "power-loss", "--node", "1"], "write `--kind node-crash`"),
        (&shop, &["--kind", "power-loss", "--client", "shop"], "write `--kind consumer-crash`"),
        (&shop, &["--kind", "producer-crash", "--client", "shp"], "there is no producer `shp`"),
    ] {
        let (code, text) = said(scenario, more);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.starts_with("error[crash-target]: ") && text.contains(words), "{text}");
    }
    fs::remove_dir_all(directory).unwrap();
}

/// The file alone is the worst crash, whatever options it was found with, and whatever files the scenario reads.
#[test]
fn the_file_with_the_worst_crash_needs_no_option() {
    let directory = directory("crash-points-worst");
    fs::create_dir_all(directory.join("data")).unwrap();
    file(&directory.join("data"), "rates.csv", b"at\n5ms\n9ms\n11ms\n30ms\n31ms\n32ms\n40ms\n41ms\n60ms\n");
    file(&directory, "times.csv", b"took\n3\n20\n7\n");
    let text = SHOP
        .replace(
            "count = 60\ninterarrival = { exponential = \"10ms\" }",
            "replay = { file = \"data/rates.csv\" }",
        )
        .replace(
            "service-time = \"12ms\"",
            "service-time = { empirical = { file = \"times.csv\", unit = \"ms\" } }\ncount = 2",
        )
        .replace(
            "\"consumer.b.start\" = \"0s\"",
            "\"consumer.b-2.start\" = \"0s\", \"fault.*.at\" = \"90s\"",
        );
    let text = text + "\n[[fault.connection-loss]]\nconnection = \"shop\"\nat = \"80s\"\nlasts = \"1s\"\n";
    let shop = file(&directory, "shop.toml", text.as_bytes());
    let place = directory.join("report");
    let options = ["--seed", "11", "--set", "link.latency=2ms", "--set", "replication.precision=0.1"];
    let report = ["--format", "json", "--out", place.to_str().unwrap()];
    let swept = amqpsim(&[&["crash-points", &shop, "--kind", "power-loss"][..], &options, &report].concat());
    assert_eq!(swept.status.code(), Some(0), "{}", err(&swept));
    let json: serde_json::Value = serde_json::from_str(out(&swept)).unwrap();
    for (k, name) in ["worst-one-alone.toml", "worst-two-more.toml"].into_iter().enumerate() {
        let worst = &json["variants"][k]["worst"];
        assert!(worst["lost"].as_u64() > Some(3), "{worst}");
        let file = place.join(name);
        let run = amqpsim(&["run", file.to_str().unwrap(), "--format", "csv", "--no-out"]);
        assert_eq!((run.status.code(), err(&run)), (Some(0), ""));
        let value = |measure: &str| {
            let row = format!("base,0,11,run,,{measure},count,");
            let found = out(&run).lines().find_map(|line| line.strip_prefix(&row)).map(str::to_owned);
            found.and_then(|value| value.parse::<u64>().ok())
        };
        let same = [
            ("lost", "lost"),
            ("confirmed_and_lost", "confirmed-and-lost"),
            ("lost_for_good", "messages-lost"),
        ];
        for (key, measure) in same {
            assert_eq!(
                value(measure),
                worst[key].as_u64(),
                "{name}: {measure}\n{}",
                fs::read_to_string(&file).unwrap()
            );
        }
        assert!(!out(&run).contains("base,1,"), "one replication");
        let told = amqpsim(&["explain", file.to_str().unwrap()]);
        assert_eq!((told.status.code(), err(&told)), (Some(0), ""));
        let at = format!("crash after event {} begins", worst["event"]);
        assert!(out(&told).contains(&at), "{at}: {}", out(&told));
        assert!(out(&told).contains(" seed 11,") && out(&told).contains("Lost in all: "), "{}", out(&told));
    }
    fs::write(directory.join("crash-points.csv"), "took\n1\n").unwrap();
    let text = text.replace("times.csv", "crash-points.csv");
    let shop = file(&directory, "shop.toml", text.as_bytes());
    let over = amqpsim(&["crash-points", &shop, "--kind", "power-loss", "--out", place.to_str().unwrap()]);
    assert_eq!(over.status.code(), Some(2));
    assert!(
        err(&over).starts_with("error[scenario-overwritten]: the data file crash-points.csv "),
        "{}",
        err(&over)
    );
    fs::remove_dir_all(directory).unwrap();
}
