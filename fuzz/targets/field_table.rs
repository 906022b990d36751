//! Field tables: as the arguments of a queue, an exchange, a binding and a consumer and as the headers of a message, in a
//! script (JSON) and in a scenario file (TOML).
#![no_main]

use amqpsim::conform::{Script, play};
use amqpsim::model::simulate;
use amqpsim::scenario::load;
use libfuzzer_sys::fuzz_target;

/// Each step with a table in it: `{}` stands for the table.
const STEPS: [&str; 9] = [
    r#"{"do": "connection.open", "conn": "A"}, {"do": "channel.open", "conn": "A", "ch": "a1"}"#,
    r#"{"do": "queue.declare", "ch": "a1", "queue": "q", "durable": true, "arguments": {}}"#,
    r#"{"do": "channel.open", "conn": "A", "ch": "a2"}, {"do": "queue.declare", "ch": "a2", "queue": "r"}"#,
    r#"{"do": "exchange.declare", "ch": "a2", "exchange": "x", "type": "headers", "arguments": {}}"#,
    r#"{"do": "queue.bind", "ch": "a2", "exchange": "x", "queue": "r", "arguments": {}}"#,
    r#"{"do": "basic.consume", "ch": "a2", "queue": "r", "consumer_tag": "t", "arguments": {}}"#,
    r#"{"do": "basic.publish", "ch": "a2", "exchange": "x", "body": "m", "properties": {"headers": {}}}"#,
    r#"{"do": "basic.publish", "ch": "a2", "routing_key": "q", "body": "m", "properties": {"headers": {}}}"#,
    r#"{"do": "basic.get", "ch": "a2", "queue": "q"}, {"do": "basic.nack", "ch": "a2", "delivery_tag": 1, "requeue": false}"#,
];

fuzz_target!(|table: &str| {
    let steps: Vec<String> = STEPS.iter().map(|step| step.replace("{}", table)).collect();
    let script = format!(r#"{{"name": "fuzz", "steps": [{}]}}"#, steps.join(", "));
    if let Ok(script) = Script::parse(&script) {
        assert!(play(&script).is_ok());
    }
    let scenario = format!(
        "[replication]\nevents-max = 500\n[[queue]]\nname = \"q\"\narguments = {table}\n[[producer]]\nname = \"p\"\n\
         routing-key = \"q\"\ncount = 5\ninterarrival = \"1ms\"\n[[consumer]]\nname = \"c\"\nqueue = \"q\"\n\
         service-time = \"2ms\"\n"
    );
    if let Ok(loaded) = load("fuzz.toml", &scenario, &[]) {
        assert_eq!(simulate(&loaded.variants[0].scenario.system, 1).balanced, Ok(()));
    }
});
