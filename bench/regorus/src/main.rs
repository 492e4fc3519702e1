// Evaluates the benchmark's jobs with regorus: the first pass for the results, the others for the time.
use regorus::{Engine, Value};
use serde_json::{json, Value as Json};
use std::time::Instant;

fn main() {
    let path = std::env::args().nth(1).expect("a job file");
    let rounds: usize = std::env::args().nth(2).and_then(|n| n.parse().ok()).expect("rounds");
    let job: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut engine = Engine::new();
    for module in job["modules"].as_array().unwrap() {
        let path = module["path"].as_str().unwrap().to_string();
        if let Err(error) = engine.add_policy(path, module["text"].as_str().unwrap().to_string()) {
            println!("{}", json!({ "refused": error.to_string().split_whitespace().collect::<Vec<_>>().join(" ") }));
            return;
        }
    }
    engine.add_data(Value::from_json_str(&job["data"].to_string()).unwrap()).unwrap();
    let inputs: Vec<Value> =
        job["inputs"].as_array().unwrap().iter().map(|input| Value::from_json_str(&input.to_string()).unwrap()).collect();
    let work: Vec<(usize, Option<String>, String)> = job["work"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let rule = |name: &str| one[name].as_str().map(|path| format!("data.{}", path.replace('/', ".")));
            (one["input"].as_u64().unwrap() as usize, rule("applies"), rule("deny").unwrap())
        })
        .collect();
    let mut last = usize::MAX;
    let mut decide = |engine: &mut Engine, (input, applies, deny): &(usize, Option<String>, String)| -> Result<Value, String> {
        if *input != last {
            engine.set_input(inputs[*input].clone());
            last = *input;
        }
        if let Some(applies) = applies {
            if engine.eval_rule(applies.clone()).map_err(|error| error.to_string())? != Value::from(true) {
                return Ok(Value::Undefined);
            }
        }
        engine.eval_rule(deny.clone()).map_err(|error| error.to_string())
    };
    let results: Vec<Json> = work
        .iter()
        .map(|one| match decide(&mut engine, one) {
            Ok(Value::Undefined) => Json::Null,
            Ok(value) => serde_json::from_str(&value.to_json_str().unwrap()).unwrap(),
            Err(error) => json!({ "error": error }),
        })
        .collect();
    let seconds: Vec<f64> = (0..rounds)
        .map(|_| {
            let started = Instant::now();
            for one in &work {
                let _ = decide(&mut engine, one);
            }
            started.elapsed().as_secs_f64()
        })
        .collect();
    println!("{}", json!({ "results": results, "seconds": seconds }));
}
