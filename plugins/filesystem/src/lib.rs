//! Files and folders for language models, and nothing but those that were granted.
//!
//! The plugin reads, lists, searches, writes and edits files. It runs in a sandbox
//! that holds nothing except the folders the operator granted with `--dir
//! HOST::GUEST` or `--dir HOST::GUEST:rw`, so whatever path, link or `..` it is given,
//! there is no way out: what is not granted is not there. The plugin's own checks exist
//! to give good answers, and its limits to keep results of a size that can be read.
//!
//! - `tools`, `resources` and `prompts` are what clients see;
//! - `folders`, `paths`, `uri` and `links` are about where things are;
//! - `entries`, `walk`, `tree`, `search` and `globs` look around;
//! - `text`, `contents` and `media` read, `write`, `edit` and `diff` change;
//! - `limits` says how much of all this there is in one call, `fault` how to put it
//!   when something cannot be done, `watch` keeps an eye on the clock.
//!
//! It keeps nothing between calls, opens no connections, and starts nothing.

mod answer;
mod contents;
mod diff;
mod edit;
mod entries;
mod fault;
mod folders;
mod globs;
mod limits;
mod links;
mod media;
mod paths;
mod prompts;
mod resources;
mod search;
mod stamp;
mod suggest;
#[cfg(test)]
mod testing;
mod text;
mod tools;
mod tree;
mod uri;
mod walk;
mod watch;
mod write;

wharf_sdk::plugin!(
    tools: [
        tools::reading::read_text_file,
        tools::reading::read_multiple_files,
        tools::reading::read_media_file,
        tools::listing::list_directory,
        tools::listing::directory_tree,
        tools::searching::search_files,
        tools::about::get_file_info,
        tools::about::list_allowed_directories,
        tools::writing::write_file,
        tools::writing::edit_file,
        tools::writing::create_directory,
        tools::writing::move_file,
    ],
    resources: resources::Files,
    prompts: [prompts::explain],
    completions: [prompts::explain_path, resources::template_path],
);
