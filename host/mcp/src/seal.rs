//! Request state that clients carry and cannot read, change or use elsewhere
//! (MRT-6).
//!
//! Modern clients bring a plugin's state back with their answers. Between the two
//! it is out of our hands, so it is encrypted and authenticated
//! (XChaCha20-Poly1305), and bound to whom it was given, to the method and to the
//! parameters; it expires. Key, time and nonce are passed in: nothing here reads a
//! clock or makes randomness.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ask::{Asked, Kind};
use crate::model::Json;

/// Bytes of a nonce. Random ones never meet.
pub const NONCE: usize = 24;

/// The form of what is sealed; another form gets another number.
const FORM: u8 = 1;

const KEY_ID: usize = 4;
const HEAD: usize = 1 + KEY_ID;

/// The longest state that is looked at, in characters. What a plugin may keep, the
/// forms it may ask, and base64.
const MAX_SEALED: usize = 1024 * 1024;

/// The keys that state is sealed with.
#[derive(Clone)]
pub struct StateKeys {
    /// The first seals, all open.
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    /// Tells which key sealed something, and nothing about the key.
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

/// What a seal is bound to: whose it is, and in which call it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose([u8; 32]);

/// When something is sealed or opened, in seconds since 1970.
pub type Seconds = u64;

/// What there is to remember between two rounds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Memory {
    pub(crate) asked: Vec<Asked>,
    pub(crate) state: Option<Vec<u8>>,
    /// The call has been put off, and goes on as it was then.
    pub(crate) deferred: bool,
}

/// The state is not one that was given to this client for this call, or it is too
/// old. Which of these is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejected;

impl StateKeys {
    /// Keys of 32 secret bytes each. The first seals; all of them open, so that a
    /// key can be replaced while clients still hold state of the one before.
    pub fn new(first: [u8; 32], others: &[[u8; 32]]) -> Self {
        let keys = std::iter::once(&first).chain(others);
        Self {
            keys: keys.map(Key::new).collect(),
        }
    }

    /// Seals for a purpose, until `expires`. The nonce must be random.
    pub(crate) fn seal(
        &self,
        memory: &Memory,
        purpose: Purpose,
        expires: Seconds,
        nonce: [u8; NONCE],
    ) -> String {
        let Some(key) = self.keys.first() else {
            return String::new();
        };
        let mut sealed = vec![FORM];
        sealed.extend(key.id);
        let bound = purpose.bind(&sealed);
        sealed.extend(nonce);
        let plain = memory.write(expires);
        let payload = Payload {
            msg: &plain,
            aad: &bound,
        };
        // This cipher fails only for texts of hundreds of gigabytes.
        if let Ok(cipher) = key.cipher.encrypt(XNonce::from_slice(&nonce), payload) {
            sealed.extend(cipher);
        }
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Opens what was sealed for this purpose.
    pub(crate) fn open(
        &self,
        text: &str,
        purpose: Purpose,
        now: Seconds,
    ) -> Result<Memory, Rejected> {
        if text.len() > MAX_SEALED {
            return Err(Rejected);
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_any| Rejected)?;
        let (head, rest) = sealed.split_at_checked(HEAD).ok_or(Rejected)?;
        let (nonce, cipher) = rest.split_at_checked(NONCE).ok_or(Rejected)?;
        let key = self.keys.iter().find(|key| key.id == head[1..]);
        let bound = purpose.bind(head);
        let payload = Payload {
            msg: cipher,
            aad: &bound,
        };
        let plain = key
            .filter(|_| head[0] == FORM)
            .and_then(|key| key.cipher.decrypt(XNonce::from_slice(nonce), payload).ok())
            .ok_or(Rejected)?;
        Memory::read(&plain, now).ok_or(Rejected)
    }
}

impl Key {
    fn new(secret: &[u8; 32]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"wharf request state key id\0")
            .chain_update(secret)
            .finalize();
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        Self {
            id,
            cipher: XChaCha20Poly1305::new(secret.into()),
        }
    }
}

impl Purpose {
    /// A call of `method` with these parameters on behalf of `subject`. The order
    /// of the parameters' members does not matter.
    pub(crate) fn new(subject: Option<&str>, method: &str, params: &[&str]) -> Self {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add(&[u8::from(subject.is_some())]);
        add(subject.unwrap_or_default().as_bytes());
        add(method.as_bytes());
        for param in params {
            add(canonical(param).as_bytes());
        }
        Self(hash.finalize().into())
    }

    fn bind(self, head: &[u8]) -> Vec<u8> {
        [head, &self.0].concat()
    }
}

/// JSON text with the members of objects in order; other text as it is.
fn canonical(text: &str) -> String {
    fn sort(value: &mut serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(sort);
                members.sort_keys();
            }
            Value::Array(elements) => elements.iter_mut().for_each(sort),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    serde_json::from_str(text).map_or_else(
        |_other| text.to_owned(),
        |mut tree: serde_json::Value| {
            sort(&mut tree);
            tree.to_string()
        },
    )
}

/// [`Memory`] as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    expires: Seconds,
    asked: Vec<(String, u8, Option<String>)>,
    deferred: bool,
    /// Base64, because this is JSON.
    state: Option<String>,
}

impl Memory {
    fn write(&self, expires: Seconds) -> Vec<u8> {
        let asked = self.asked.iter().map(|asked| {
            let form = asked.form.as_ref().map(|form| form.as_str().to_owned());
            (asked.key.clone(), asked.kind as u8, form)
        });
        let written = Written {
            expires,
            asked: asked.collect(),
            deferred: self.deferred,
            state: self.state.as_ref().map(|it| URL_SAFE_NO_PAD.encode(it)),
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_vec(&written).unwrap_or_default()
    }

    fn read(plain: &[u8], now: Seconds) -> Option<Self> {
        let written: Written = serde_json::from_slice(plain).ok()?;
        let asked = written.asked.into_iter().map(|(key, kind, form)| {
            Some(Asked {
                key,
                kind: [Kind::Elicitation, Kind::Sampling, Kind::Roots]
                    .into_iter()
                    .find(|it| *it as u8 == kind)?,
                form: form.map(Json::parse).transpose().ok()?,
            })
        });
        let state = written.state.map(|text| URL_SAFE_NO_PAD.decode(text).ok());
        Some(Self {
            asked: asked.collect::<Option<_>>()?,
            deferred: written.deferred,
            state: match state {
                Some(bytes) => Some(bytes?),
                None => None,
            },
        })
        .filter(|_| now < written.expires)
    }
}

/// Keys are told apart by their identifiers, which may be shown; the secrets are
/// never compared.
impl PartialEq for StateKeys {
    fn eq(&self, other: &Self) -> bool {
        let ids = |keys: &Self| keys.keys.iter().map(|key| key.id).collect::<Vec<_>>();
        ids(self) == ids(other)
    }
}

impl std::fmt::Debug for StateKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StateKeys({})", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Memory, NONCE, Purpose, Rejected, StateKeys};
    use crate::ask::{Asked, Kind};
    use crate::model::Json;

    fn memory() -> Memory {
        Memory {
            asked: vec![Asked {
                key: "name".to_owned(),
                kind: Kind::Elicitation,
                form: Some(Json::empty_object()),
            }],
            state: Some(vec![0, 255, 7]),
            deferred: true,
        }
    }

    fn purpose() -> Purpose {
        Purpose::new(Some("ada"), "tools/call", &["t", r#"{"a":1,"b":2}"#])
    }

    fn seal(keys: &StateKeys) -> String {
        keys.seal(&memory(), purpose(), 100, [9; NONCE])
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_until_it_expires() {
        let keys = StateKeys::new([1; 32], &[]);
        let sealed = seal(&keys);
        assert_eq!(keys.open(&sealed, purpose(), 99), Ok(memory()));
        assert_eq!(keys.open(&sealed, purpose(), 100), Err(Rejected));
        let reordered = Purpose::new(Some("ada"), "tools/call", &["t", r#"{"b":2, "a":1}"#]);
        assert_eq!(keys.open(&sealed, reordered, 99), Ok(memory()));
        assert!(!sealed.contains("name"), "{sealed}");
    }

    #[test]
    fn it_opens_for_no_other_purpose() {
        let keys = StateKeys::new([1; 32], &[]);
        let sealed = seal(&keys);
        let arguments = r#"{"a":1,"b":2}"#;
        for other in [
            Purpose::new(Some("eve"), "tools/call", &["t", arguments]),
            Purpose::new(None, "tools/call", &["t", arguments]),
            Purpose::new(Some("ada"), "prompts/get", &["t", arguments]),
            Purpose::new(Some("ada"), "tools/call", &["u", arguments]),
            Purpose::new(Some("ada"), "tools/call", &["t", r#"{"a":1,"b":3}"#]),
        ] {
            assert_eq!(keys.open(&sealed, other, 1), Err(Rejected));
        }
    }

    #[test]
    fn keys_can_be_replaced() {
        let old = seal(&StateKeys::new([1; 32], &[]));
        let both = StateKeys::new([2; 32], &[[1; 32]]);
        assert_eq!(both.open(&old, purpose(), 1), Ok(memory()));
        let new = StateKeys::new([2; 32], &[]);
        assert_eq!(new.open(&old, purpose(), 1), Err(Rejected));
        assert_eq!(new.open(&seal(&both), purpose(), 1), Ok(memory()));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let keys = StateKeys::new([1; 32], &[]);
        let sealed = seal(&keys);
        for at in 0..sealed.len() {
            let mut forged = sealed.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(keys.open(&forged, purpose(), 1), Err(Rejected), "{at}");
        }
        for text in ["", "A", "-TAMPERED", &format!("{sealed}-TAMPERED")] {
            assert_eq!(keys.open(text, purpose(), 1), Err(Rejected), "{text}");
        }
    }
}
