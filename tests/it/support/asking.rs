//! A client that is asked something: by requests in a session (S2C-1), by results in
//! modern revisions (MRT-2).

use serde_json::{Value, json};

use super::client::{Client, Exchange};

impl Client {
    /// Sends a request, answers what is asked meanwhile, and returns what comes in
    /// the end. Questions are `{method, params}`, whatever they come in; answers are
    /// results.
    #[track_caller]
    pub(crate) fn converse(
        &mut self,
        method: &str,
        params: &Value,
        mut answer: impl FnMut(&Value) -> Value,
    ) -> Exchange {
        if self.way.is_modern() {
            return self.converse_by_retries(method, params, answer);
        }
        let id = self.start(method, params.clone());
        loop {
            let frame = self.next_of_any_kind();
            if frame.get("method").is_none() && frame["id"] == id {
                return Exchange {
                    before: Vec::new(),
                    answer: frame,
                    status: None,
                };
            }
            if frame.get("id").is_some() {
                assert!(frame.get("method").is_some(), "{frame}");
                let result = answer(&frame);
                self.respond(&frame, "result", &result);
            }
        }
    }

    #[track_caller]
    fn converse_by_retries(
        &mut self,
        method: &str,
        params: &Value,
        mut answer: impl FnMut(&Value) -> Value,
    ) -> Exchange {
        let mut params = params.clone();
        loop {
            let exchange = self.request(method, params.clone());
            let result = &exchange.answer["result"];
            if result["resultType"] != "input_required" {
                return exchange;
            }
            // MRT-5: each round brings its own answers, and no others.
            let questions = result["inputRequests"].as_object().expect("questions");
            params["inputResponses"] = questions
                .iter()
                .map(|(key, question)| (key.clone(), answer(question)))
                .collect();
            params["requestState"] = result["requestState"].clone();
        }
    }

    /// Answers a request of the host's, with a `result` or an `error`.
    pub(crate) fn respond(&mut self, question: &Value, member: &str, outcome: &Value) {
        let mut response = json!({ "jsonrpc": "2.0", "id": question["id"] });
        response[member] = outcome.clone();
        self.send(&response.to_string());
    }
}
