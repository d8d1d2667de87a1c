//! Changing what is on disk: writing, moving, making folders.
//!
//! A file is never written to in place. Its new content goes to a temporary file in
//! the same folder, and that is renamed onto it, so that whoever looks sees the old
//! file or the new one and nothing between, also when the call is ended half-way.
//!
//! The price: a replaced file is a new one. WASI can neither read nor set permission
//! bits, so an executable file that is replaced may have to be made executable
//! again. [`Written::was_script`] tells when that is likely.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};

use crate::entries::{self, Kind};
use crate::fault::Fault;
use crate::folders::{Place, Writable};
use crate::limits::{NAME_BYTES, WRITE_BYTES};
use crate::{links, paths};

/// What writing a file did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// There was no such file before.
    pub(crate) created: bool,
    /// There was one, and it was a script, which is often executable.
    pub(crate) was_script: bool,
}

/// Puts `content` in the place of the file, or makes it. If it is behind symbolic
/// links, those stay as they are.
pub(crate) fn replace(file: &Writable, content: &[u8]) -> Result<Written, Fault> {
    replace_if(file, content, |_| Ok(()))
}

/// Does the same, unless the file no longer has the content that the new one was made
/// from, because another call has changed it meanwhile.
pub(crate) fn replace_unchanged(
    file: &Writable,
    before: &str,
    content: &str,
) -> Result<Written, Fault> {
    replace_if(file, content.as_bytes(), |place| {
        if read_whole(place)? == before {
            return Ok(());
        }
        let what = "was changed by something else at the same time, and is left as that made it: read it again and repeat the edit";
        Err(Fault::wrong(place.text(), what))
    })
}

/// Looks once more, with everything ready, whether to put the content in its place.
fn replace_if(
    file: &Writable,
    content: &[u8],
    check: impl FnOnce(&Place) -> Result<(), Fault>,
) -> Result<Written, Fault> {
    let place = &links::followed(file.place())?;
    if content.len() as u64 > WRITE_BYTES {
        let what = format!("cannot be written: at most {WRITE_BYTES} bytes at a time");
        return Err(Fault::wrong(place.text(), what));
    }
    let written = before(place)?;
    let failed = |error: io::Error| links::fault("written", place, &error);
    let mut temporary = Temporary::beside(place).map_err(failed)?;
    temporary.fill(content).map_err(failed)?;
    check(place)?;
    temporary.put_in_place(place).map_err(failed)?;
    Ok(written)
}

/// What there is before writing.
fn before(place: &Place) -> Result<Written, Fault> {
    let created = Written {
        created: true,
        was_script: false,
    };
    match fs::symlink_metadata(place.path()) {
        Ok(about) if about.is_file() => Ok(Written {
            created: false,
            was_script: is_script(place),
        }),
        Ok(_) => Err(Fault::wrong(
            place.text(),
            "cannot be written: it is not a file",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            check_new(place)?;
            Ok(created)
        }
        Err(error) => Err(links::fault("written", place, &error)),
    }
}

/// Whether the file starts like a script.
fn is_script(place: &Place) -> bool {
    let mut start = [0; 2];
    let read = File::open(place.path()).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"#!"
}

/// Refuses to make something where it would not be found again: without a folder,
/// or under a name that was meant to be a path.
fn check_new(place: &Place) -> Result<(), Fault> {
    if place.name().contains('\\') {
        return Err(Fault::wrong(
            place.text(),
            "has a backslash in its name: folders are separated by `/` here",
        ));
    }
    if folder_of(place).path().is_dir() {
        return Ok(());
    }
    Err(Fault::wrong(
        place.text(),
        "is in a folder that does not exist: make it with `create_directory` first",
    ))
}

/// The folder that a place is in.
fn folder_of(place: &Place) -> Place {
    let folder = paths::split(place.text()).map_or("/", |(folder, _)| folder);
    place.at(folder.to_owned())
}

/// A file that is removed again, unless it has been renamed.
struct Temporary {
    place: Place,
    file: File,
}

impl Temporary {
    /// An empty file in the same folder, with a name that nothing else has.
    fn beside(file: &Place) -> io::Result<Self> {
        let place = folder_of(file).child(&temporary_name(file.name()));
        let file = File::create_new(place.path())?;
        Ok(Self { place, file })
    }

    /// Writes the content and waits until the disk has it.
    fn fill(&mut self, content: &[u8]) -> io::Result<()> {
        self.file.write_all(content)?;
        self.file.sync_all()
    }

    /// Gives it the name of another file, which is then gone.
    fn put_in_place(self, place: &Place) -> io::Result<()> {
        fs::rename(self.place.path(), place.path())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename it is not there any more.
        let _ = fs::remove_file(self.place.path());
    }
}

/// A hidden name that says what the file is for and that nobody guesses.
fn temporary_name(name: &str) -> String {
    let random = RandomState::new().hash_one(name);
    let suffix = format!(".{random:016x}.tmp");
    let mut end = name.len().min(NAME_BYTES - suffix.len() - 1);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!(".{}{suffix}", &name[..end])
}

/// Makes a folder and those above it. Returns whether it was not there before.
pub(crate) fn make_folder(folder: &Writable) -> Result<bool, Fault> {
    let place = links::followed(folder.place())?;
    if place.path().is_dir() {
        return Ok(false);
    }
    if place.text().contains('\\') {
        return Err(Fault::wrong(
            place.text(),
            "has a backslash in it: folders are separated by `/` here",
        ));
    }
    fs::create_dir_all(place.path()).map_err(|e| links::fault("made", &place, &e))?;
    Ok(true)
}

/// Moves a file or folder to where nothing is yet.
pub(crate) fn rename(from: &Writable, to: &Writable) -> Result<(), Fault> {
    let (from, to) = (from.place(), to.place());
    for place in [from, to] {
        if place.is_granted_folder() {
            return Err(Fault::wrong(
                place.text(),
                "is a granted folder itself: only what is in it can be moved",
            ));
        }
    }
    if paths::within(to.text(), from.text()) {
        return Err(Fault::wrong(from.text(), "cannot be moved into itself"));
    }
    let about = fs::symlink_metadata(from.path()).map_err(|e| links::fault("moved", from, &e))?;
    if fs::symlink_metadata(to.path()).is_ok() {
        return Err(exists(to));
    }
    check_new(to)?;
    let kind = Kind::from(about.file_type());
    let moved = match kind {
        Kind::File => rename_file(from, to),
        Kind::Directory | Kind::Symlink | Kind::Other => fs::rename(from.path(), to.path()),
    };
    moved.map_err(|error| not_moved(from, to, &error))
}

/// Why something was not moved. That a place is on another disk is not always told by
/// an error of its own, so of what fails between two granted folders this is the
/// likeliest reason.
fn not_moved(from: &Place, to: &Place, error: &io::Error) -> Fault {
    use io::ErrorKind::{AlreadyExists, NotFound, PermissionDenied, StorageFull};
    if error.kind() == AlreadyExists {
        return exists(to);
    }
    let known = matches!(error.kind(), NotFound | PermissionDenied | StorageFull);
    if from.folder() == to.folder() || known {
        return links::fault("moved", from, error);
    }
    let what = format!(
        "cannot be moved to `{}`: that is on another disk",
        to.folder().path()
    );
    Fault::wrong(from.text(), what)
}

/// Moves a file so that it never replaces another, even one that appears at this
/// moment: a second name fails if it exists, a rename does not. Where the file system
/// has no second names, the look taken before has to do.
fn rename_file(from: &Place, to: &Place) -> io::Result<()> {
    match fs::hard_link(from.path(), to.path()) {
        Ok(()) => fs::remove_file(from.path()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::rename(from.path(), to.path()),
    }
}

fn exists(place: &Place) -> Fault {
    Fault::wrong(
        place.text(),
        "exists already, and nothing is overwritten: move to another name",
    )
}

/// Reads a file that is to be edited.
pub(crate) fn read_whole(place: &Place) -> Result<String, Fault> {
    let (mut file, size) = entries::open(place)?;
    if size > WRITE_BYTES {
        let what = format!("has {size} bytes: at most {WRITE_BYTES} can be edited");
        return Err(Fault::wrong(place.text(), what));
    }
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Fault::wrong(
            place.text(),
            "cannot be edited: it is not UTF-8 text",
        )),
        Err(error) => Err(links::fault("read", place, &error)),
    }
}

#[cfg(test)]
mod tests;
