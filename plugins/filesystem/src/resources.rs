//! Files and folders as resources, with `file:` URIs.
//!
//! Listed is what lies directly in the granted folders: enough to begin with, and
//! small. All else is reached by the template, or by the listing of a folder, which
//! is what reading one gives.
//!
//! Pages are remembered by the last resource on them rather than by its number, so
//! that nothing is left out when a file appears or goes between two pages.

use wharf_sdk::completion::Completion;
use wharf_sdk::prelude::*;

use crate::contents::Whole;
use crate::entries::{self, Kind};
use crate::fault::Fault;
use crate::folders::{Folders, Place};
use crate::limits::{PAGE, SUGGESTIONS};
use crate::tools::listing::{Listing, Order};
use crate::{media, stamp, suggest, uri};

/// The URIs of all files and folders.
const TEMPLATE: &str = "file:///{+path}";

/// The granted files and folders.
#[derive(Debug)]
pub(crate) struct Files;

impl Resources for Files {
    fn list(&self, _: &Request, cursor: Option<&str>) -> Result<Page> {
        let last = cursor.map(uri::path).transpose().map_err(refused)?;
        let mut places = top_level(&Folders::granted());
        places.retain(|place| last.as_deref().is_none_or(|last| place.text() > last));
        let more = places.len() > PAGE;
        places.truncate(PAGE);
        let page = Page::new(places.iter().filter_map(resource));
        Ok(match places.last() {
            Some(last) if more => page.next(uri::of(last.text())),
            Some(_) | None => page,
        })
    }

    fn templates(&self) -> Result<Vec<ResourceTemplate>> {
        let template = ResourceTemplate::new(TEMPLATE, "file")
            .title("File or folder")
            .description("A file or folder in one of the granted folders, by its path");
        Ok(vec![template])
    }

    fn read(&self, _: &Request, uri: &str) -> Result<ReadResult> {
        contents(uri).map(ReadResult::from).map_err(|fault| {
            if matches!(fault, Fault::Missing { .. }) {
                Error::not_found(uri)
            } else {
                refused(fault)
            }
        })
    }
}

/// Suggests paths for the template: without the `/` at their start, which is in the
/// template, and escaped, because the template takes them as they are.
#[completion(template = TEMPLATE, argument = "path")]
pub(crate) fn template_path(typing: &Typing) -> Completion {
    let typed = format!("/{}", typing.value());
    let typed = uri::path(&format!("file://{typed}")).unwrap_or(typed);
    let paths = suggest::paths(&Folders::granted(), &typed);
    let escaped = paths.iter().map(|path| uri::escaped(&path[1..]));
    suggestions(escaped.collect())
}

/// As many suggestions as may be, and how many there are.
pub(crate) fn suggestions(mut paths: Vec<String>) -> Completion {
    let total = paths.len();
    paths.truncate(SUGGESTIONS);
    let completion = Completion::new(paths).total(u32::try_from(total).unwrap_or(u32::MAX));
    if total > SUGGESTIONS {
        completion.has_more()
    } else {
        completion
    }
}

/// What was asked for cannot be had.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(crate) fn refused(fault: Fault) -> Error {
    Error::invalid_params(fault.to_string())
}

/// The files and folders directly in the granted folders, by path. Granted folders
/// that are gone have none.
fn top_level(folders: &Folders) -> Vec<Place> {
    let places = folders.iter().flat_map(|folder| {
        let place = folder.place();
        let entries = entries::of(&place).map_or_else(|_| Vec::new(), |entries| entries.list);
        entries
            .into_iter()
            .map(move |entry| place.child(&entry.name))
    });
    let mut places: Vec<Place> = places.collect();
    places.sort_unstable_by(|a, b| a.text().cmp(b.text()));
    places.dedup_by(|a, b| a.text() == b.text());
    places
}

/// The resource at a place. None if it can be neither read nor listed, such as a
/// symbolic link that leads out.
fn resource(place: &Place) -> Option<Resource> {
    let about = entries::about(place).ok()?;
    let resource = Resource::new(uri::of(place.text()), place.name()).title(place.text());
    let resource = match Kind::from(about.file_type()) {
        Kind::Directory => return Some(resource.mime_type(media::FOLDER)),
        Kind::File => resource.size(about.len()),
        Kind::Symlink | Kind::Other => return None,
    };
    let resource = match media::of_name(place.name()) {
        Some(media_type) => resource.mime_type(media_type),
        None => resource,
    };
    Some(match about.modified().ok().and_then(stamp::iso) {
        Some(time) => resource.annotations(Annotations::new().last_modified(time)),
        None => resource,
    })
}

/// The contents of a file, or the listing of a folder.
fn contents(uri: &str) -> Result<Contents, Fault> {
    // Anything but a URI would be taken for a path.
    uri::path(uri)?;
    let place = Folders::granted().place(uri)?;
    if !entries::about(&place)?.is_dir() {
        return Ok(Whole::read(&place)?.into_contents());
    }
    let listing = Listing::of(&place, Order::Name)?;
    let note = listing.note.as_ref().map(|note| format!("\nNote: {note}"));
    let text = listing.in_words() + &note.unwrap_or_default();
    Ok(Contents::text(uri, text).mime_type(media::FOLDER))
}

#[cfg(test)]
mod tests;
