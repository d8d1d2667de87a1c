//! Sockets reach the addresses that are granted, and nothing else.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::thread;

use wharf_fixtures::REACH;
use wharf_runtime::{Grants, Limits, Plugin, SocketGrant};

use crate::support::{Log, component, load_in, runtime, tool};

async fn reach(tcp: &[&str], udp: &[&str]) -> Plugin {
    let targets = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    let sockets = SocketGrant {
        tcp: targets(tcp),
        udp: targets(udp),
    };
    let grants = Grants {
        sockets,
        ..Grants::default()
    };
    let loaded = load_in(&runtime(), component(REACH), &grants, &Limits::default()).await;
    loaded.expect("the fixture loads")
}

fn to(address: impl std::fmt::Display) -> String {
    format!(r#"{{"addr":"{address}","text":"hello"}}"#)
}

/// Answers whatever it is told with that in capitals. For one connection.
fn tcp_server() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.try_clone().unwrap();
    thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            let mut said = String::new();
            stream.read_to_string(&mut said).unwrap();
            stream.write_all(said.to_uppercase().as_bytes()).unwrap();
        }
    });
    listener
}

#[tokio::test]
async fn tcp_reaches_what_is_granted_and_nothing_else() {
    let (granted, other) = (tcp_server(), TcpListener::bind("127.0.0.1:0").unwrap());
    other.set_nonblocking(true).unwrap();
    let granted = granted.local_addr().unwrap();
    let other_address = other.local_addr().unwrap();
    let (log, _guard) = Log::capture();
    // Everything of version 6 is granted as well, which is nothing of version 4.
    let other_port = other_address.port();
    let everything = format!("[::]/0:{other_port}");
    let plugin = reach(&[&granted.to_string(), &everything], &[]).await;
    assert_eq!(
        tool(&plugin, "tcp", &to(granted)).await.as_deref(),
        Ok("HELLO")
    );
    for address in [
        other_address.to_string(),
        format!("[::ffff:127.0.0.1]:{other_port}"),
        format!("0.0.0.0:{}", granted.port()),
        format!("127.0.0.2:{}", granted.port()),
        format!("localhost:{}", granted.port()),
    ] {
        let got = tool(&plugin, "tcp", &to(&address)).await;
        assert!(got.is_err(), "{address}: {got:?}");
    }
    assert!(other.accept().is_err());
    let line = format!(r#"`plugins.p.sockets.tcp = ["{other_address}"]` would grant it"#);
    assert!(log.text().contains(&line), "{}", log.text());
    // UDP is another thing.
    assert!(tool(&plugin, "udp", &to(granted)).await.is_err());
}

#[tokio::test]
async fn udp_reaches_what_is_granted_and_nothing_else() {
    let (granted, other) = (udp_socket(), udp_socket());
    let address = granted.local_addr().unwrap();
    let stranger = udp_socket();
    thread::spawn(move || {
        let mut said = [0; 100];
        while let Ok((length, from)) = granted.recv_from(&mut said) {
            // Somebody else was never granted, so this is not heard.
            stranger.send_to(b"intruder", from).unwrap();
            granted
                .send_to(&said[..length].to_ascii_uppercase(), from)
                .unwrap();
        }
    });
    let (log, _guard) = Log::capture();
    let plugin = reach(&[], &[&address.to_string()]).await;
    for connect in [false, true] {
        let arguments = format!(r#"{{"addr":"{address}","text":"hello","connect":{connect}}}"#);
        let got = tool(&plugin, "udp", &arguments).await;
        assert_eq!(got.as_deref(), Ok("HELLO"));
    }
    let refused = other.local_addr().unwrap();
    for connect in [false, true] {
        let arguments = format!(r#"{{"addr":"{refused}","text":"hello","connect":{connect}}}"#);
        let got = tool(&plugin, "udp", &arguments).await;
        assert!(got.is_err(), "{got:?}");
    }
    other.set_nonblocking(true).unwrap();
    assert!(other.recv_from(&mut [0; 10]).is_err());
    let line = format!(r#"`plugins.p.sockets.udp = ["{refused}"]` would grant it"#);
    assert_eq!(log.text().matches(&line).count(), 1, "{}", log.text());
    assert!(tool(&plugin, "tcp", &to(address)).await.is_err());
}

fn udp_socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").unwrap()
}

#[tokio::test]
async fn nobody_listens_chooses_a_port_or_looks_names_up() {
    let any = "0.0.0.0/0:1";
    let plugin = reach(&[any, "127.0.0.1:7000"], &[any, "127.0.0.1:7000"]).await;
    let (log, _guard) = Log::capture();
    for (name, address) in [
        ("listen", "127.0.0.1:0"),
        ("listen", "0.0.0.0:0"),
        ("listen", "127.0.0.1:7000"),
        ("listen", "0.0.0.0:1"),
        ("send_from", "127.0.0.1:0"),
        ("send_from", "127.0.0.1:7000"),
        ("send_from", "0.0.0.0:1"),
    ] {
        let got = tool(&plugin, name, &format!(r#"{{"addr":"{address}"}}"#)).await;
        assert!(got.is_err(), "{name} {address}: {got:?}");
    }
    let got = tool(&plugin, "resolve", r#"{"name":"localhost"}"#).await;
    assert!(got.is_err(), "{got:?}");
    let log = log.text();
    assert!(log.contains("plugins never listen"), "{log}");
    assert!(log.contains("names are never looked up"), "{log}");
}
