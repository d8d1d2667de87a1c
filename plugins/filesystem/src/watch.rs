//! Keeping an eye on the clock, and the client informed, during long work.
//!
//! The host ends a call when its time is up, and then all work was in vain. So
//! whatever may take long asks here whether to go on, and returns what it has when
//! the answer is no.

use std::time::Duration;

use wharf_sdk::prelude::*;

/// What is kept back for putting the result together and sending it.
const RESERVE: Duration = Duration::from_secs(2);

/// How many things are seen between two reports to the client.
const REPORT: usize = 1_000;

/// Long work that is being done for a call.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    request: &'a Request,
    reserve: Duration,
    next_report: usize,
}

impl<'a> Watch<'a> {
    /// Begins now. If there is little time, less is kept back.
    pub(crate) fn new(request: &'a Request) -> Self {
        Self {
            request,
            reserve: RESERVE.min(request.time_left() / 4),
            next_report: REPORT,
        }
    }

    /// Whether there is time to go on, after so many files and folders.
    pub(crate) fn go_on(&mut self, seen: usize) -> bool {
        if seen >= self.next_report {
            self.next_report = seen + REPORT;
            self.report(seen);
        }
        self.request.time_left() > self.reserve
    }

    fn report(&self, seen: usize) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "no search sees so many files that a float could not count them"
        )]
        let progress = seen as f64;
        let message = format!("{seen} files and folders seen");
        self.request.progress(progress, None, Some(&message));
    }
}

#[cfg(test)]
mod tests {
    use wharf_sdk::testing::{Said, TestRequest};

    use super::*;

    #[test]
    fn work_ends_in_time() {
        let request = TestRequest::new().time_left(Duration::from_secs(1)).build();
        assert!(Watch::new(&request).go_on(0));
        let request = TestRequest::new().time_left(Duration::ZERO).build();
        assert!(!Watch::new(&request).go_on(0));
    }

    #[test]
    fn clients_are_told_now_and_then() {
        let request = TestRequest::new().build();
        let mut watch = Watch::new(&request);
        for seen in 0..=2_500 {
            watch.go_on(seen);
        }
        let said = |seen: f64| {
            let message = format!("{seen} files and folders seen");
            Said::Progress(seen, None, Some(message))
        };
        assert_eq!(request.said(), [said(1_000.0), said(2_000.0)]);
    }
}
