//! `amqpsim advise` and the pictures of runs from outside.

use std::fs;

use super::{amqpsim, directory, err, file, out};

const SHOP: &str = r#"# A shop.
[replication]
replications = 4
[link]
latency = "20ms"
[[queue]]
name = "orders"
[[queue]]
name = "letters"
[[producer]]
name = "shop"
routing-key = "orders"
count = 200
interarrival = { exponential = "1ms" }
[[producer]]
name = "post"
routing-key = "letters"
count = 10
interarrival = "1ms"
[[consumer]]
name = "a <&> b"
queue = "orders"
service-time = { exponential = "12ms" }
[[consumer]]
name = "c"
queue = "letters"
service-time = "12ms"
[[consumer]]
name = "d"
queue = "orders"
service-time = "12ms"
"#;

#[test]
fn advice_is_the_same_with_any_number_of_threads() {
    let directory = directory("advise-jobs");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let [one, two] = ["1", "2"].map(|jobs| {
        let place = directory.join("report");
        let arguments =
            ["advise", &shop, "--queue", "orders", "--jobs", jobs, "--out", place.to_str().unwrap()];
        let output = amqpsim(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let read = |name: &str| fs::read_to_string(place.join(name)).unwrap();
        (out(&output).to_owned(), ["advice.txt", "advice.csv", "advice.json", "advice.svg"].map(read))
    });
    assert_eq!(one, two);
    let (said, [text, csv, json, svg]) = one;
    assert_eq!(said, text);
    assert!(said.contains("10 replications of each count with the same seeds (1 to 10)"), "{said}");
    assert!(said.contains(" ┤") && said.contains("the knee of the curve"), "{said}");
    assert!(
        csv.starts_with("point,replication,seed,scope,entity,measure,unit,value,unstable,prefetch-count\n")
    );
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format"], "amqpsim-advice/1");
    assert_eq!(json["consumers"], serde_json::json!(["a <&> b", "d"]));
    assert!(svg.contains("prefers-color-scheme: dark") && svg.ends_with("</svg>\n"));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_question_that_cannot_be_answered_says_what_to_type() {
    let directory = directory("advise-wrong");
    let shop = file(&directory, "shop.toml", SHOP.as_bytes());
    let automatic = SHOP.replace("service-time", "acknowledge = \"automatic\"\nservice-time");
    let automatic = file(&directory, "automatic.toml", automatic.as_bytes());
    let one = file(&directory, "one.toml", SHOP.replace("count = 10", "count = 1").as_bytes());
    let cases: [(&[&str], &str); 4] = [
        (&[&shop], "help: choose one with `--queue`: `orders`, `letters`"),
        (&[&shop, "--queue", "parcels"], "error[unknown-queue]: "),
        (&[&automatic], "error[nothing-to-advise]: "),
        (&[&one, "--queue", "letters"], "the consumers of `letters` finish fewer than two messages"),
    ];
    for (arguments, said) in cases {
        let output = amqpsim(&[&["advise", "--no-out"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(said), "{}", err(&output));
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_run_has_its_pictures_beside_its_numbers() {
    let directory = directory("pictures");
    for (command, more) in
        [("run", ""), ("compare", "[[variant]]\nname = \"x\"\n[[variant]]\nname = \"y <&>\"\n")]
    {
        let shop = file(&directory, "shop.toml", format!("{SHOP}{more}").as_bytes());
        let [one, two] = ["1", "2"].map(|jobs| {
            let output = amqpsim(&[command, &shop, "--jobs", jobs, "--out", directory.to_str().unwrap()]);
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            ["shares.svg", "depth.svg", "latency.svg", "unsafe.svg"]
                .map(|name| fs::read_to_string(directory.join(name)).unwrap())
        });
        assert_eq!(one, two);
        for svg in &one {
            assert!(
                svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" ") && svg.ends_with("</svg>\n")
            );
            assert!(
                svg.contains("prefers-color-scheme: dark") && !svg.contains("NaN") && !svg.contains("inf")
            );
        }
        assert!(
            one[0].contains(">a &lt;&amp;&gt; b<") && one[0].contains(">share of the queue's messages (%)<")
        );
        assert!(one[1].contains(">queue orders<") && one[1].contains(">virtual time (s)<"));
        assert!(one[2].contains(">time from publish to the end of processing<"));
    }
    // Nothing is processed, so there is nothing to show.
    let idle = SHOP.replace("{ exponential = \"12ms\" }", "\"9h\"").replace("\"12ms\"", "\"9h\"");
    let idle = file(&directory, "idle.toml", idle.as_bytes());
    let output = amqpsim(&["run", &idle, "--out", directory.to_str().unwrap()]);
    assert!(output.status.code() < Some(2), "{}", err(&output));
    assert!(
        fs::read_to_string(directory.join("latency.svg")).unwrap().contains(">there is nothing to show<")
    );
    fs::remove_dir_all(directory).unwrap();
}
