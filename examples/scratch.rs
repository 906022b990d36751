fn main() {
    let path = std::env::args().nth(1).unwrap();
    let over: Vec<String> = std::env::args().skip(2).collect();
    let text = std::fs::read_to_string(&path).unwrap();
    match amqpsim::scenario::load(&path, &text, &over) {
        Ok(l) => {
            for v in l.variants {
                let o = amqpsim::model::simulate(&v.scenario.system, v.scenario.seed);
                println!("{:?} {:?} {:?}", o.end, o.ledger, o.balanced);
                for c in &o.consumers {
                    println!(
                        "{} delivered {} processed {} mean {:?} p99 {:?} idle {} max {}",
                        c.name,
                        c.delivered,
                        c.processed,
                        c.sojourn.mean(),
                        c.sojourn.quantile(99, 100),
                        c.idle_while_work_waits,
                        c.unacked_max
                    );
                }
                for q in &o.queues {
                    println!(
                        "{} depth {:?} max {} makespan {:?} bound {:?}",
                        q.name,
                        q.depth.mean(o.end.at),
                        q.depth.max(),
                        q.makespan,
                        q.makespan_bound
                    );
                }
                println!("{:?}", o.errors);
            }
        }
        Err(d) => println!("{}", d.render(amqpsim::scenario::Paint::Plain)),
    }
}
