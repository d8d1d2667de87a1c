//! What the official conformance suite of the Model Context Protocol expects a
//! server to have: its tools, resources, prompts and completions, under the names
//! and with the contents that its scenarios look for.
//!
//! Like any plugin it knows nothing of revisions, transports and sessions. A question
//! is a question, whether the client gets it as a request of its own or as part of a
//! result; long work is long, whether it becomes a task or not.
//!
//! The suite calls the first tool in the list without arguments, so a tool without
//! arguments comes first.

mod asking;
mod content;
mod forms;
mod media;
mod prompts;
mod resources;
mod rounds;
mod schemas;
mod talking;
mod tasks;
#[cfg(test)]
mod tests;

wharf_sdk::plugin!(
    tools: [
        content::test_simple_text,
        content::test_image_content,
        content::test_audio_content,
        content::test_embedded_resource,
        content::test_multiple_content_types,
        content::test_error_handling,
        talking::test_tool_with_progress,
        talking::test_tool_with_logging,
        talking::test_logging_tool,
        talking::test_reconnection,
        talking::test_trigger_tool_change,
        talking::test_trigger_prompt_change,
        asking::test_sampling,
        asking::test_elicitation,
        asking::test_elicitation_sep1034_defaults,
        asking::test_elicitation_sep1330_enums,
        asking::test_missing_capability,
        asking::test_streaming_elicitation,
        rounds::test_input_required_result_elicitation,
        rounds::test_input_required_result_sampling,
        rounds::test_input_required_result_list_roots,
        rounds::test_input_required_result_request_state,
        rounds::test_input_required_result_tampered_state,
        rounds::test_input_required_result_multiple_inputs,
        rounds::test_input_required_result_multi_round,
        rounds::test_input_required_result_capabilities,
        tasks::greet,
        tasks::slow_compute,
        tasks::failing_job,
        tasks::protocol_error_job,
        tasks::confirm_delete,
        tasks::multi_input,
        tasks::test_tool_with_task,
        schemas::json_schema_2020_12_tool,
        schemas::test_custom_header,
    ],
    resources: resources::Fixtures,
    prompts: [
        prompts::test_simple_prompt,
        prompts::test_prompt_with_arguments,
        prompts::test_prompt_with_embedded_resource,
        prompts::test_prompt_with_image,
        prompts::test_input_required_result_prompt,
    ],
    completions: [prompts::first_arguments, prompts::second_arguments, resources::ids],
);
