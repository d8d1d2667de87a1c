//! Media types by the ends of file names.
//!
//! A short list of what people keep in folders and what clients can show. What is
//! not on it is text or bytes, depending on what is in it.

/// What is known about a kind of file: the ends of its names, its media type.
const TYPES: &[(&[&str], &str)] = &[
    (&["txt", "log"], "text/plain"),
    (&["md", "markdown"], "text/markdown"),
    (&["html", "htm"], "text/html"),
    (&["css"], "text/css"),
    (&["csv"], "text/csv"),
    (&["tsv"], "text/tab-separated-values"),
    (&["js", "mjs", "cjs"], "text/javascript"),
    (&["ts", "tsx", "mts"], "text/x-typescript"),
    (&["rs"], "text/x-rust"),
    (&["py"], "text/x-python"),
    (&["go"], "text/x-go"),
    (&["c", "h"], "text/x-c"),
    (&["cc", "cpp", "cxx", "hpp"], "text/x-c++"),
    (&["java"], "text/x-java"),
    (&["sh", "bash"], "application/x-sh"),
    (&["json"], "application/json"),
    (&["xml"], "application/xml"),
    (&["yaml", "yml"], "application/yaml"),
    (&["toml"], "application/toml"),
    (&["pdf"], "application/pdf"),
    (&["zip"], "application/zip"),
    (&["gz", "tgz"], "application/gzip"),
    (&["wasm"], "application/wasm"),
    (
        &["docx"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        &["xlsx"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        &["pptx"],
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    (&["png"], "image/png"),
    (&["jpg", "jpeg"], "image/jpeg"),
    (&["gif"], "image/gif"),
    (&["webp"], "image/webp"),
    (&["avif"], "image/avif"),
    (&["bmp"], "image/bmp"),
    (&["ico"], "image/vnd.microsoft.icon"),
    (&["tif", "tiff"], "image/tiff"),
    (&["svg"], "image/svg+xml"),
    (&["mp3"], "audio/mpeg"),
    (&["wav"], "audio/wav"),
    (&["ogg", "oga", "opus"], "audio/ogg"),
    (&["flac"], "audio/flac"),
    (&["m4a"], "audio/mp4"),
    (&["aac"], "audio/aac"),
    (&["mp4", "m4v"], "video/mp4"),
    (&["webm"], "video/webm"),
    (&["mov"], "video/quicktime"),
];

/// The media type of a folder.
pub(crate) const FOLDER: &str = "inode/directory";

/// The media type of bytes of which nothing else is known.
pub(crate) const BYTES: &str = "application/octet-stream";

/// The media type of text of which nothing else is known.
pub(crate) const TEXT: &str = "text/plain";

/// The media type that a file's name tells.
pub(crate) fn of_name(name: &str) -> Option<&'static str> {
    let (stem, end) = name.rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    let known = |ends: &[&str]| ends.iter().any(|known| end.eq_ignore_ascii_case(known));
    TYPES
        .iter()
        .find(|(ends, _)| known(ends))
        .map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_types() {
        let check = |name: &str, expect: Option<&str>| assert_eq!(of_name(name), expect, "{name}");
        check("a.png", Some("image/png"));
        check("A.JPG", Some("image/jpeg"));
        check("archive.tar.gz", Some("application/gzip"));
        check("a.unknown", None);
        check("Makefile", None);
        check(".png", None);
        check("png", None);
        check("a.", None);
    }
}
