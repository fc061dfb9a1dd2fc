#![allow(clippy::all, missing_docs, clippy::print_stdout, clippy::disallowed_methods, clippy::float_arithmetic)]
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args[0] == "swarm" {
        let (a, b): (u64, u64) = (args[1].parse().unwrap(), args[2].parse().unwrap());
        let mut bad = 0;
        for seed in a..b {
            let options = sim::Options::draw(seed);
            let t = Instant::now();
            let r = std::panic::catch_unwind(|| sim::run(&options).unwrap());
            match r {
                Ok(r) => {
                    if r.verdict != sim::Verdict::Pass { bad += 1; println!("SEED {seed}: {r}\n"); }
                    if t.elapsed().as_millis() > 3000 { println!("slow {seed} {:?} {} msgs virt {}", t.elapsed(), r.messages, r.virtual_time_us); }
                }
                Err(_) => { bad += 1; println!("SEED {seed} PANIC {}\n", options.command_line()); }
            }
        }
        println!("{bad} bad of {}", b - a);
        return;
    }
    let mut options = sim::Options::default();
    let mut i = 0;
    while i < args.len() { options.set(args[i].trim_start_matches('-'), &args[i + 1]).unwrap(); i += 2; }
    let t = Instant::now();
    let r = sim::run(&options).unwrap();
    let s = t.elapsed().as_secs_f64();
    println!("{r:#?}\n{s:.3}s {:.0} msg/s {:.0} events/s {:.1} us/decision", r.messages as f64 / s, r.events as f64 / s, s * 1e6 / r.decisions as f64);
}
