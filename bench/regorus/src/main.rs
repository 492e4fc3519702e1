// Evaluates the benchmark's jobs with regorus: see startPeer in bench/peers.mjs for what it is asked. Both of its ways: the
// interpreter, and the bytecode machine. What regorus refuses is an `error` in the results, and is not timed.
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Value};
use serde_json::{json, Value as Json};
use std::collections::HashMap;
use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;

struct Decision {
    input: usize,
    path: String,
    applies: Option<String>,
    deny: String,
}

type Answer = Result<Value, String>;

fn text(error: impl ToString) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

trait Way {
    fn ask(&mut self, one: &Decision, rule: &str) -> Answer;
    fn set_input(&mut self, one: &Decision, input: &Value);

    fn decide(&mut self, one: &Decision, input: &Value) -> Answer {
        self.set_input(one, input);
        match &one.applies {
            Some(rule) if self.ask(one, rule)? != Value::from(true) => Ok(Value::Undefined),
            _ => self.ask(one, &one.deny),
        }
    }
}

struct Interpreter {
    engine: Engine,
    last: usize,
}

impl Way for Interpreter {
    fn set_input(&mut self, one: &Decision, input: &Value) {
        // The same input again keeps what is known of it.
        if one.input != self.last {
            self.engine.set_input(input.clone());
            self.last = one.input;
        }
    }

    fn ask(&mut self, _: &Decision, rule: &str) -> Answer {
        self.engine.eval_rule(rule.to_string()).map_err(text)
    }
}

/// A program for each policy.
struct Machine {
    machines: HashMap<String, Result<RegoVM, String>>,
}

impl Machine {
    fn new(engine: &Engine, data: &Value, work: &[Decision]) -> Self {
        let mut machines = HashMap::new();
        for one in work {
            machines.entry(one.path.clone()).or_insert_with(|| machine_for(engine.clone(), data, one));
        }
        Machine { machines }
    }

    fn of(&mut self, one: &Decision) -> Result<&mut RegoVM, String> {
        self.machines.get_mut(&one.path).unwrap().as_mut().map_err(|error| error.clone())
    }
}

fn machine_for(mut engine: Engine, data: &Value, one: &Decision) -> Result<RegoVM, String> {
    let compiled = engine.compile_with_entrypoint(&one.deny.as_str().into()).map_err(text)?;
    let rules: Vec<&str> = one.applies.iter().chain([&one.deny]).map(String::as_str).collect();
    let program = Compiler::compile_from_policy(&compiled, &rules).map_err(text)?;
    let mut machine = RegoVM::new();
    machine.load_program(program);
    machine.set_data(data.clone()).map_err(text)?;
    Ok(machine)
}

impl Way for Machine {
    fn set_input(&mut self, one: &Decision, input: &Value) {
        if let Ok(machine) = self.of(one) {
            machine.set_input(input.clone());
        }
    }

    fn ask(&mut self, one: &Decision, rule: &str) -> Answer {
        self.of(one)?.execute_entry_point_by_name(rule).map_err(text)
    }
}

fn main() {
    let file = std::env::args().nth(1).expect("a job file");
    let job: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let list = |name: &str| job[name].as_array().unwrap();
    let value = |json: &Json| Value::from_json_str(&json.to_string()).unwrap();
    let mut engine = Engine::new();
    let mut refused: HashMap<String, String> = HashMap::new();
    for module in list("modules") {
        let path = module["path"].as_str().unwrap();
        if let Err(error) = engine.add_policy(path.to_string(), module["text"].as_str().unwrap().to_string()) {
            refused.insert(path.to_string(), text(error));
        }
    }
    let data = value(&job["data"]);
    engine.add_data(data.clone()).unwrap();
    let inputs: Vec<Value> = list("inputs").iter().map(value).collect();
    let rule = |one: &Json, name: &str| one[name].as_str().map(|path| format!("data.{}", path.replace('/', ".")));
    let work: Vec<Decision> = list("work")
        .iter()
        .map(|one| Decision {
            input: one["input"].as_u64().unwrap() as usize,
            path: one["path"].as_str().unwrap().to_string(),
            applies: rule(one, "applies"),
            deny: rule(one, "deny").unwrap(),
        })
        .collect();
    let mut ways: HashMap<&str, Box<dyn Way>> = HashMap::new();
    ways.insert("machine", Box::new(Machine::new(&engine, &data, &work)));
    ways.insert("interpreter", Box::new(Interpreter { engine, last: usize::MAX }));

    let mut results = HashMap::new();
    let mut timed: HashMap<&str, Vec<&Decision>> = HashMap::new();
    for (name, way) in &mut ways {
        let mut answers = Vec::new();
        for one in &work {
            let answer = match refused.get(&format!("policies/{}/policy.rego", one.path)) {
                Some(error) => Err(error.clone()),
                None => way.decide(one, &inputs[one.input]),
            };
            if answer.is_ok() {
                timed.entry(name).or_default().push(one);
            }
            answers.push(match answer {
                Ok(Value::Undefined) => Json::Null,
                Ok(value) => serde_json::from_str(&value.to_json_str().unwrap()).unwrap(),
                Err(error) => json!({ "error": error }),
            });
        }
        results.insert(*name, answers);
    }
    println!("{}", json!(results));

    for line in std::io::stdin().lock().lines() {
        let asked: Json = serde_json::from_str(&line.unwrap()).unwrap();
        let name = asked["way"].as_str().unwrap();
        let work = timed.get(name).map(Vec::as_slice).unwrap_or_default();
        let seconds = round(ways.get_mut(name).unwrap().as_mut(), work, &inputs, asked["seconds"].as_f64().unwrap());
        println!("{}", json!({ "seconds": seconds, "decisions": work.len() }));
    }
}

fn round(way: &mut dyn Way, work: &[&Decision], inputs: &[Value], least: f64) -> f64 {
    let started = Instant::now();
    let mut passes = 0.0;
    loop {
        for one in work {
            let _ = black_box(way.decide(one, &inputs[one.input]));
        }
        passes += 1.0;
        let seconds = started.elapsed().as_secs_f64();
        if seconds >= least {
            return seconds / passes;
        }
    }
}
