//! Sends what is queued, on a task of its own, and writes down what came of it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{sleep, timeout};

use crate::gate::Hub;

use super::delivery::{Delivery, Outcome};
use super::schedule::Step;

/// How long an answer may take, in seconds of the hub's clock: on github.com, on Enterprise Server.
const PATIENCE: f64 = 10.0;
const ENTERPRISE_PATIENCE: f64 = 30.0;
/// So long the next delivery waits for the answer to this one.
const BREATH: Duration = Duration::from_millis(50);
/// After so long a silence, what is held back to be reordered leaves.
const SILENCE: Duration = Duration::from_millis(500);

/// Starts sending; called once, on the runtime.
pub fn start(hub: &Hub) {
    let (queue, queued) = unbounded_channel();
    hub.lock().webhooks.queue = Some(queue);
    tokio::spawn(run(hub.clone(), queued));
}

async fn run(hub: Hub, mut queued: UnboundedReceiver<u64>) {
    let Ok(client) = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build() else {
        return;
    };
    loop {
        let is_holding = hub.lock().webhooks.schedule.is_holding();
        let next = if is_holding { timeout(SILENCE, queued.recv()).await } else { Ok(queued.recv().await) };
        let steps = match next {
            Ok(Some(id)) => hub.lock().webhooks.schedule.next(id),
            Ok(None) => return,
            Err(_) => hub.lock().webhooks.schedule.release(),
        };
        for step in steps {
            let delay = hub.lock().webhooks.schedule.behaviour.delay_ms;
            sleep(Duration::from_millis(delay)).await;
            let sending = tokio::spawn(one(hub.clone(), client.clone(), step));
            // Orderly while all goes well, but nobody who is slow holds up the others.
            let _ = timeout(BREATH, sending).await;
        }
    }
}

async fn one(hub: Hub, client: reqwest::Client, step: Step) {
    let (id, is_lost) = match step {
        Step::Send(id) => (id, false),
        Step::Lose(id) => (id, true),
    };
    let (found, patience) = {
        let state = hub.lock();
        let seconds = if state.enterprise { ENTERPRISE_PATIENCE } else { PATIENCE };
        let found = state.webhooks.log.iter().find(|delivery| delivery.id == id).cloned();
        let by_clock = Duration::from_secs_f64(seconds / state.clock.speed().max(f64::MIN_POSITIVE));
        (found, state.webhooks.patience.unwrap_or(by_clock))
    };
    let Some(delivery) = found else { return };
    let outcome = if is_lost { Outcome::failed(502, 0.0) } else { attempt(&client, &delivery, patience).await };
    let mut state = hub.lock();
    if let Some(delivery) = state.webhooks.log.iter_mut().find(|delivery| delivery.id == id) {
        delivery.outcome = Some(outcome);
    }
}

async fn attempt(client: &reqwest::Client, delivery: &Delivery, patience: Duration) -> Outcome {
    let start = Instant::now();
    let mut request = client.post(&delivery.url).body(delivery.wire());
    for (name, value) in delivery.all_headers() {
        request = request.header(name, value);
    }
    let answered = timeout(patience, async {
        let response = request.send().await?;
        let code = response.status().as_u16();
        let headers: Map<String, Value> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
            .collect();
        Ok::<_, reqwest::Error>((code, headers, response.text().await.unwrap_or_default()))
    });
    let answered = answered.await;
    let duration = start.elapsed().as_secs_f64();
    match answered {
        Ok(Ok((code, headers, body))) => Outcome { duration, code, headers, body },
        Ok(Err(_)) => Outcome::failed(502, duration),
        Err(_) => Outcome::failed(504, duration),
    }
}
