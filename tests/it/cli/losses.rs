//! Random crashes, many times: what is said of losses, and how sure it is.

use super::*;

/// One message at 1 s, confirmed at once, and a power failure at some instant of 100 s.
fn scenario(preset: &str) -> String {
    format!(
        r#"# A test.
[broker]
profile = "rabbitmq-3.10"

[link]
latency = "0s"

[classic-store]
preset = "{preset}"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
confirms = true
start = "1s"
count = 1
interarrival = "1s"

[[fault.power-loss]]
at = {{ uniform = ["1100ms", "101s"] }}
lasts = "1s"
"#
    )
}

fn run(name: &str, preset: &str) -> (String, serde_json::Value) {
    let directory = directory(name);
    let file = file(&directory, "crash.toml", scenario(preset).as_bytes());
    let text = amqpsim(&["run", &file, "--replications", "100", "--no-out"]);
    assert_eq!(text.status.code(), Some(0), "{}", err(&text));
    let json = amqpsim(&["run", &file, "--replications", "100", "--no-out", "--format", "json"]);
    (out(&text).split_whitespace().collect::<Vec<_>>().join(" "), serde_json::from_str(out(&json)).unwrap())
}

#[test]
fn what_no_crash_took_is_bounded_by_how_often_it_was_tried() {
    let (text, json) = run("losses-none", "rabbitmq-3.10-classic");
    let first = "0 of 100 runs lost a confirmed message: at most 3 % of runs do (95 %, rule of three);";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("messages lost though confirmed 0 0 of 100 at most 3 % (rule of three)"), "{text}");
    assert!(json["answer"].as_str().unwrap().starts_with(first));
    let loss = &json["variants"][0]["losses"][0];
    assert_eq!(
        (&loss["measure"], &loss["runs_with_any"], &loss["runs"]),
        (&"confirmed-and-lost".into(), &0.into(), &100.into())
    );
    assert_eq!((loss["lower"].as_f64(), loss["upper"].as_f64()), (Some(0.0), Some(0.03)));
    assert_eq!(loss["method"], "rule of three");
}

/// The message is in the page cache alone until the operating system has written it back and the file system has committed
/// its journal, 35 s at the most and 30 s at the least: that is the part of 100 s in which a failure takes it.
#[test]
fn how_many_runs_lose_something_has_an_interval_that_holds_the_truth() {
    let (text, json) = run("losses-some", "rabbitmq-4-classic");
    assert!(text.contains(" lost though confirmed in 100 replications, 0."), "{text}");
    let loss = &json["variants"][0]["losses"][0];
    let (lower, upper) = (loss["lower"].as_f64().unwrap(), loss["upper"].as_f64().unwrap());
    assert!(lower < 0.35 && 0.30 < upper && upper - lower < 0.2, "{lower} to {upper}");
    assert_eq!(loss["method"], "Wilson");
    let mean = &loss["estimate"];
    assert_eq!(mean["n"], 100);
    assert!(mean["half_width"].as_f64().unwrap() > 0.05, "{mean}");
}

/// A queue that confirms after the write: safe from a process crash long before it is safe from a power failure.
#[test]
fn the_unsafe_window_is_a_picture_of_each_queue() {
    let directory = directory("unsafe-window");
    let shop = "[broker]\nprofile = \"rabbitmq-4.0\"\n[[queue]]\nname = \"orders\"\ndurable = true\n[[queue]]\nname = \"other\"\n\
                [[producer]]\nname = \"shop\"\nrouting-key = \"orders\"\npersistent = true\nconfirms = true\ncount = 100\n\
                interarrival = \"1s\"\n";
    let shop = file(&directory, "shop.toml", shop.as_bytes());
    let run = amqpsim(&["run", &shop, "--replications", "2", "--out", directory.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(0), "{}", err(&run));
    let svg = fs::read_to_string(directory.join("unsafe.svg")).unwrap();
    for part in [
        ">queue orders<",
        ">until safe from a process crash<",
        ">until safe from a power failure<",
        ">confirmed, not safe from a power failure<",
        ">share that is unsafe for longer",
    ] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    assert!(!svg.contains("other") && !svg.contains("NaN"), "nothing is kept there");
    fs::remove_dir_all(directory).unwrap();
}
