//! Whole files as the protocol carries them: text as text, bytes as bytes.

use std::io::Read;

use wharf_sdk::prelude::*;

use crate::fault::Fault;
use crate::folders::Place;
use crate::limits::BLOB_BYTES;
use crate::{entries, links, media, stamp, text, uri};

/// A whole file.
#[derive(Debug)]
pub(crate) struct Whole {
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
    /// Its media type, from its name or else from what is in it.
    pub(crate) media_type: &'static str,
    uri: String,
}

impl Whole {
    /// Reads a file of at most [`BLOB_BYTES`].
    pub(crate) fn read(place: &Place) -> Result<Self, Fault> {
        let (file, size) = entries::open(place)?;
        if size > BLOB_BYTES {
            let (size, most) = (stamp::size(size), stamp::size(BLOB_BYTES));
            let what = format!(
                "is too large to be read whole: {size}, and {most} is the most; `read_text_file` reads text in pieces"
            );
            return Err(Fault::wrong(place.text(), what));
        }
        let mut bytes = Vec::new();
        file.take(BLOB_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|error| links::fault("read", place, &error))?;
        let unknown = if is_text(&bytes) {
            media::TEXT
        } else {
            media::BYTES
        };
        Ok(Self {
            media_type: media::of_name(place.name()).unwrap_or(unknown),
            uri: uri::of(place.text()),
            bytes,
        })
    }

    /// As the contents of a resource.
    pub(crate) fn into_contents(self) -> Contents {
        let contents = match String::from_utf8(self.bytes) {
            Ok(text) if !text::looks_binary(text.as_bytes()) => Contents::text(self.uri, text),
            Ok(text) => Contents::blob(self.uri, text),
            Err(error) => Contents::blob(self.uri, error.into_bytes()),
        };
        contents.mime_type(self.media_type)
    }

    /// As a block of content: a picture or a sound if it is one, else a resource.
    ///
    /// A drawing in SVG is text; models that see pictures do not see these.
    pub(crate) fn into_content(self) -> Content {
        match self.media_type {
            "image/svg+xml" => Content::embedded(self.into_contents()),
            image if image.starts_with("image/") => Content::image(self.bytes, image),
            audio if audio.starts_with("audio/") => Content::audio(self.bytes, audio),
            _ => Content::embedded(self.into_contents()),
        }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    !text::looks_binary(bytes) && str::from_utf8(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sandbox;

    fn check(sandbox: &Sandbox, name: &str, content: impl FnOnce(String) -> Content) {
        let uri = uri::of(sandbox.path(name).to_str().unwrap());
        let whole = Whole::read(&sandbox.place(name)).unwrap();
        assert_eq!(whole.into_content(), content(uri), "{name}");
    }

    #[test]
    fn files_become_what_they_are() {
        let sandbox = Sandbox::new(&[]);
        sandbox.put("a.png", b"\x89PNG");
        sandbox.put("a.mp3", b"ID3\0");
        sandbox.put("a.svg", "<svg/>");
        sandbox.put("a.bin", b"\0\x01");
        sandbox.put("LICENSE", "Do.");
        check(&sandbox, "a.png", |_| {
            Content::image(*b"\x89PNG", "image/png")
        });
        check(&sandbox, "a.mp3", |_| {
            Content::audio(*b"ID3\0", "audio/mpeg")
        });
        check(&sandbox, "a.svg", |uri| {
            Content::embedded(Contents::text(uri, "<svg/>").mime_type("image/svg+xml"))
        });
        check(&sandbox, "a.bin", |uri| {
            Content::embedded(Contents::blob(uri, *b"\0\x01").mime_type(media::BYTES))
        });
        check(&sandbox, "LICENSE", |uri| {
            Content::embedded(Contents::text(uri, "Do.").mime_type("text/plain"))
        });
    }

    #[test]
    fn large_files_are_refused() {
        let sandbox = Sandbox::new(&[]);
        sandbox.put("a.png", vec![0; usize::try_from(BLOB_BYTES).unwrap() + 1]);
        let fault = Whole::read(&sandbox.place("a.png")).unwrap_err();
        assert_eq!(
            sandbox.rooted(fault.to_string()),
            "`ROOT/a.png` is too large to be read whole: 8.0 MiB, and 8.0 MiB is the most; `read_text_file` reads text in pieces"
        );
    }
}
