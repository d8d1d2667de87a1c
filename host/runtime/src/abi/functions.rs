//! Components that know nothing of plugins: each exported function of plain types is
//! a tool.
//!
//! The tool's description and schemas come from the component's own WIT: its types,
//! and the doc comments that its tools kept in it. Arguments and results are converted
//! by [`value`], as [`schema`] says they are. Functions with handles, streams or
//! futures in their types stay out of reach, and the log says which.
//!
//! A function of the component itself is called by its own name; one of an interface
//! by the interface's and its own, as `interface_function`. If two are called the
//! same, those have the name of their package in front.

mod docs;
mod find;
mod schema;
mod shape;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre, Val};
use wasmtime::{Result, Store, format_err};
use wharf_mcp::model::{
    Content, Fault, Json, Outcome, TaskSupport, Tool, ToolAnnotations, ToolName, ToolResult,
};

use self::find::{Exported, Exports};
use self::shape::{Kind, Member, Shape, Shapes};
use super::{CallTool, Parts, Stop, instance_in};
use crate::error::LoadError;
use crate::output::{Bad, json};
use crate::state::State;

/// A component whose functions are served as they are.
pub(crate) struct Functions {
    instance: InstancePre<State>,
    tools: Vec<Tool>,
    by_name: HashMap<String, Function>,
    skipped: Vec<(String, &'static str)>,
}

/// One function.
struct Function {
    index: ComponentExportIndex,
    parameters: Vec<Member>,
    result: Option<Arc<Shape>>,
}

impl Functions {
    /// Finds the functions of a component. `bytes` is what it was compiled from.
    ///
    /// # Errors
    /// If none of its functions can be served.
    pub(crate) fn find(instance: &InstancePre<State>, bytes: &[u8]) -> Result<Self, LoadError> {
        let exports = Exports::read(bytes)?;
        let mut functions = Self {
            instance: instance.clone(),
            tools: Vec::new(),
            by_name: HashMap::new(),
            skipped: Vec::new(),
        };
        let mut shapes = Shapes::of(exports.resolve());
        for (name, exported) in exports.functions()? {
            if let Err(reason) = functions.add(&name, &exported, &mut shapes) {
                functions.skipped.push((name, reason));
            }
        }
        if functions.tools.is_empty() {
            return Err(LoadError::NoFunction);
        }
        Ok(functions)
    }

    fn add(
        &mut self,
        name: &str,
        exported: &Exported<'_>,
        shapes: &mut Shapes<'_>,
    ) -> Result<(), &'static str> {
        let function = Function::of(exported, self.instance.component(), shapes);
        let function = function
            .ok_or("there is a handle, a stream or a future in its types, or it is async")?;
        self.tools.push(function.tool(name, exported.docs())?);
        self.by_name.insert(name.to_owned(), function);
        Ok(())
    }

    /// Such a component has nothing but tools.
    pub(super) const PARTS: Parts = Parts {
        tools: true,
        resources: false,
        prompts: false,
        completions: false,
        permissions: false,
    };

    /// Functions that cannot be served, and why.
    pub(crate) fn skipped(&self) -> &[(String, &'static str)] {
        &self.skipped
    }

    /// Its tools, which do not change.
    pub(super) fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// The store's instance.
    pub(super) async fn instantiate(&self, store: &mut Store<State>) -> Result<Instance, Stop> {
        instance_in(store, &self.instance).await
    }

    /// Calls a function of the store's instance.
    pub(super) async fn call(
        &self,
        call: CallTool<'_>,
        store: &mut Store<State>,
    ) -> Result<Outcome<ToolResult>, Stop> {
        let unknown = || Stop::Said(Fault::NotFound(call.name.to_owned()));
        let function = self.by_name.get(call.name).ok_or_else(unknown)?;
        let arguments = function.arguments(call.arguments).map_err(Stop::Said)?;
        let instance = self.instantiate(store).await?;
        let export = instance
            .get_func(&mut *store, function.index)
            .ok_or_else(|| Stop::Shape(format_err!("the function `{}` is gone", call.name)))?;
        let mut results = vec![Val::Bool(false); usize::from(function.result.is_some())];
        export
            .call_async(&mut *store, &arguments, &mut results)
            .await
            .map_err(Stop::Broke)?;
        Ok(Outcome::Complete(function.result(results.first())?))
    }
}

impl Function {
    /// None if it cannot be served.
    fn of(exported: &Exported<'_>, component: &Component, shapes: &mut Shapes<'_>) -> Option<Self> {
        let interface = match exported.interface() {
            Some(name) => Some(component.get_export_index(None, name)?),
            None => None,
        };
        let function = exported.freestanding()?;
        let parameters = function
            .params
            .iter()
            .map(|parameter| shapes.member(&parameter.name, &parameter.ty))
            .collect::<Option<_>>()?;
        let result = match &function.result {
            Some(ty) => Some(shapes.shape(ty)?),
            None => None,
        };
        Some(Self {
            index: component.get_export_index(interface.as_ref(), &function.name)?,
            parameters,
            result,
        })
    }

    fn tool(&self, name: &str, docs: Option<String>) -> Result<Tool, &'static str> {
        let too_large = |_| "the schema of its types would be too large";
        let input_schema = schema::of_arguments(&self.parameters).map_err(too_large)?;
        let output_schema = match self.success() {
            Some(shape) => Some(schema::of_result(shape).map_err(too_large)?),
            None => None,
        };
        let schema = |schema: Value| {
            json("schema", schema.to_string()).map_err(|_bad| "its schema is no JSON")
        };
        Ok(Tool {
            name: ToolName::new(name).map_err(|_invalid| "its name is too long for a tool")?,
            title: None,
            description: docs,
            input_schema: schema(input_schema)?,
            output_schema: output_schema.map(schema).transpose()?,
            annotations: ToolAnnotations::default(),
            icons: Vec::new(),
            task_support: TaskSupport::Forbidden,
            meta: None,
        })
    }

    /// What it gives if it does not fail.
    fn success(&self) -> Option<&Shape> {
        let shape = self.result.as_deref()?;
        if let Kind::Result(ok, _) = &shape.kind {
            return ok.as_deref();
        }
        Some(shape)
    }

    fn arguments(&self, arguments: &Json) -> Result<Vec<Val>, Fault> {
        let invalid = |problem: String| Fault::InvalidParams(problem);
        let object: Map<String, Value> = serde_json::from_str(arguments.as_str())
            .map_err(|error| invalid(format!("the arguments are no object: {error}")))?;
        value::arguments(&self.parameters, &object).map_err(|unfit| invalid(unfit.to_string()))
    }

    /// What the function returned, as a tool's result: text for models, and the same
    /// as structure. The error of a function that may fail is a failure of the tool.
    fn result(&self, result: Option<&Val>) -> Result<ToolResult, Bad> {
        let (Some(shape), Some(result)) = (self.result.as_deref(), result) else {
            return said(String::new(), None, false);
        };
        let (shape, value, failed) = match (&shape.kind, result) {
            (Kind::Result(ok, _), Val::Result(Ok(value))) => {
                (ok.as_deref(), value.as_deref(), false)
            }
            (Kind::Result(_, error), Val::Result(Err(value))) => {
                (error.as_deref(), value.as_deref(), true)
            }
            _ => (Some(shape), Some(result), false),
        };
        let (Some(shape), Some(value)) = (shape, value) else {
            let text = if failed { "it failed" } else { "" };
            return said(text.to_owned(), None, failed);
        };
        let value = written(shape, value)?;
        let text = text(&value);
        let structure = (!failed).then(|| schema::structured(shape, value));
        said(text, structure, failed)
    }
}

fn written(shape: &Shape, value: &Val) -> Result<Value, Bad> {
    value::write(shape, value).ok_or_else(|| Bad::new("result", "it is of another type"))
}

/// Text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn said(text: String, structure: Option<Value>, failed: bool) -> Result<ToolResult, Bad> {
    let structured = structure.map(|value| json("result", value.to_string()));
    Ok(ToolResult {
        content: vec![Content::text(text)],
        structured: structured.transpose()?,
        is_error: failed,
        meta: None,
    })
}
