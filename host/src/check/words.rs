//! Grants and limits, in the words of the configuration file.

use std::time::Duration;

use jiff::Timestamp;
use wharf_runtime::{
    Clock, Grants, HttpGrant, Instances, Limits, Need, Randomness, SocketGrant, StoreGrant,
    StoreScope, Value,
};

use crate::config::{Listen, Origin, PluginConfig};

/// A key, and what there is to say of it.
pub(super) type Line = (&'static str, String);

/// Where something listens.
pub(super) fn place(listen: &Listen) -> String {
    match listen {
        Listen::Http(address) => format!("{address} (HTTP)"),
        Listen::HttpUnix(path) => format!("http+unix:{} (HTTP)", path.display()),
        Listen::Unix(path) => format!("unix:{} (line by line)", path.display()),
    }
}

/// Everything that a plugin is granted, a line for each folder, value or bound.
pub(super) fn grants(config: &PluginConfig) -> Vec<Line> {
    let (grants, origins) = (&config.options.grants, &config.origins);
    let mut lines = Vec::new();
    for dir in &grants.dirs {
        let mode = if dir.writable {
            "to read and change"
        } else {
            "to read"
        };
        let (host, guest) = (dir.host.display(), &dir.guest);
        lines.push(("files", format!("{host} as {guest}, {mode}")));
    }
    for ((name, value), origin) in grants.env.iter().zip(&origins.env) {
        lines.push(("env", format!("{name} = {}", shown(value, origin))));
    }
    for ((name, value), origin) in grants.config.iter().zip(&origins.config) {
        lines.push(("config", format!("{name} = {}", shown(value, origin))));
    }
    lines.extend(grants.http.iter().flat_map(http));
    lines.extend(sockets(&grants.sockets));
    lines.extend(grants.store.iter().map(|grant| ("store", store(*grant))));
    lines.extend(clock(grants.clock).map(|moment| ("clock", format!("always {moment}"))));
    if let Randomness::Seeded(seed) = grants.random {
        lines.push(("random", format!("not random: seeded with {seed}")));
    }
    lines
}

/// A text, or that it is a secret; and where it is from.
fn shown(value: &Value, origin: &Origin) -> String {
    let text = if value.is_secret() {
        "(secret)".to_owned()
    } else {
        format!("{:?}", value.reveal())
    };
    match source(origin) {
        Some(source) => format!("{text}, from {source}"),
        None => text,
    }
}

/// Where a value is from, if it does not stand in the configuration.
pub(super) fn source(origin: &Origin) -> Option<String> {
    match origin {
        Origin::Written => None,
        Origin::Variable(name) => Some(format!("the variable {name}")),
        Origin::File(path) => Some(format!("the file {}", path.display())),
    }
}

fn http(grant: &HttpGrant) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for target in &grant.allow {
        lines.push(("http", target.to_string()));
    }
    let methods = if grant.methods.is_empty() {
        "with every method".to_owned()
    } else {
        format!("with {} only", grant.methods.join(", "))
    };
    lines.push(("http", methods));
    for network in &grant.addresses {
        lines.push(("http", format!("also at {network}, which is not public")));
    }
    let HttpGrant {
        connections,
        timeout,
        request_body,
        response_body,
        ..
    } = grant;
    lines.push((
        "http",
        format!(
            "{connections} at once, {} for an answer, bodies up to {} there and {} back",
            time(*timeout),
            size(*request_body),
            size(*response_body)
        ),
    ));
    lines
}

fn sockets(grant: &SocketGrant) -> Vec<Line> {
    let tcp = grant.tcp.iter().map(|target| format!("TCP to {target}"));
    let udp = grant.udp.iter().map(|target| format!("UDP to {target}"));
    tcp.chain(udp).map(|target| ("sockets", target)).collect()
}

fn store(grant: StoreGrant) -> String {
    let whose = match grant.scope {
        StoreScope::Plugin => "one for all callers",
        StoreScope::Principal => "one for each principal",
        StoreScope::Session => "one for each session, which ends with it",
    };
    format!("{whose}, up to {}", size(grant.quota))
}

/// The moment at which a clock stands.
pub(super) fn clock(clock: Clock) -> Option<String> {
    match clock {
        Clock::Real => None,
        // Later than the calendar goes, it cannot be configured.
        Clock::Fixed(moment) => Timestamp::try_from(moment)
            .ok()
            .map(|moment| moment.to_string()),
    }
}

/// Who shares a store.
pub(super) fn scope(scope: StoreScope) -> &'static str {
    match scope {
        StoreScope::Plugin => "plugin",
        StoreScope::Principal => "principal",
        StoreScope::Session => "session",
    }
}

/// Whether a plugin gets something of what it can use.
pub(super) fn is_granted(need: Need, grants: &Grants) -> bool {
    match need {
        Need::Files => !grants.dirs.is_empty(),
        Need::Environment => !grants.env.is_empty(),
        Need::Network => !grants.sockets.is_empty(),
        Need::Http => grants.http.is_some(),
        Need::KeyValue => grants.store.is_some(),
        Need::Config => !grants.config.is_empty(),
    }
}

/// How long an instance lives.
pub(super) fn instances(instances: Instances) -> String {
    match instances {
        Instances::Call => "a new one for each call".to_owned(),
        Instances::Session { max, idle } => format!(
            "one for each session, {max} at most, until unused for {}",
            time(idle)
        ),
        Instances::Pool { max, uses } => {
            format!("used again by other calls, {uses} times; {max} kept at most")
        }
    }
}

/// All limits, as they would be written.
pub(super) fn limits(limits: &Limits) -> Vec<Line> {
    let bytes = |bytes: usize| size(u64::try_from(bytes).unwrap_or(u64::MAX));
    let mut lines = vec![
        ("memory", bytes(limits.memory)),
        ("timeout", time(limits.deadline)),
        ("task-timeout", time(limits.task_deadline)),
        ("cpu", time(limits.cpu)),
        ("task-cpu", time(limits.task_cpu)),
        ("output", bytes(limits.output)),
        ("concurrency", limits.concurrency.to_string()),
        ("queue", limits.queue.to_string()),
        ("queue-wait", time(limits.queue_wait)),
    ];
    lines.extend(limits.rate.map(|rate| ("rate", rate.to_string())));
    lines.extend([
        ("handles", limits.handles.to_string()),
        ("table-elements", limits.table_elements.to_string()),
        ("core-instances", limits.core_instances.to_string()),
        ("messages", limits.events.to_string()),
        ("message-bytes", bytes(limits.event_bytes)),
        ("changes", limits.changes.to_string()),
        ("console", bytes(limits.console)),
    ]);
    lines
}

/// In the largest unit that needs no fraction.
pub(super) fn time(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let fits = units
        .into_iter()
        .find(|(_, unit)| millis.is_multiple_of(*unit));
    match fits {
        Some((name, unit)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}

/// The same for bytes.
pub(super) fn size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let fits = units
        .into_iter()
        .find(|(_, unit)| bytes.is_multiple_of(*unit));
    match fits {
        Some((name, unit)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{size, time};

    #[test]
    fn in_the_units_of_the_file() {
        for (millis, expected) in [
            (500, "500ms"),
            (1_500, "1500ms"),
            (90_000, "90s"),
            (600_000, "10m"),
            (7_200_000, "2h"),
        ] {
            assert_eq!(time(Duration::from_millis(millis)), expected);
        }
        for (bytes, expected) in [
            (100, "100 bytes"),
            (64 << 10, "64KiB"),
            (1_536 << 10, "1536KiB"),
            (4 << 30, "4GiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
