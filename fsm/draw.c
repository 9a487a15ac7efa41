/* Machines as DOT and Mermaid text. */
#include "fsm/draw.h"

#include "fsm/machine.h"

#include <stdio.h>
#include <string.h>

enum { GUARD_SHOWN_MAX = 60 };

/* ---- labels ------------------------------------------------------------------------------ */

static void append_events(const struct fsm_machine *machine,
                          const struct fsm_transition *transition, struct buffer *out)
{
    for (uint32_t i = 0; i < transition->descriptors.count; i++)
        buffer_format(out, "%s%s", i > 0 ? ", " : "",
                      machine->descriptors[transition->descriptors.first + i].text);
}

static void append_trigger(const struct fsm_machine *machine,
                           const struct fsm_transition *transition, struct buffer *out)
{
    switch (transition->trigger) {
    case FSM_ON_EVENT:
        append_events(machine, transition, out);
        return;
    case FSM_ON_ALWAYS:
        buffer_append_text(out, "always");
        return;
    case FSM_ON_TIMER:
        buffer_format(out, "%s %s", machine->timers[transition->of].is_absolute ? "at" : "after",
                      machine->timers[transition->of].text);
        return;
    case FSM_ON_DONE:
        buffer_format(out, "%s done",
                      machine->commands[machine->invokes[transition->of].command].name);
        return;
    case FSM_ON_ERROR:
        buffer_format(out, "%s failed",
                      machine->commands[machine->invokes[transition->of].command].name);
        if (transition->descriptors.count > 0)
            buffer_append_text(out, ": ");
        append_events(machine, transition, out);
        return;
    }
}

void fsm_draw_label(const struct fsm_machine *machine, int number, struct buffer *out)
{
    const struct fsm_transition *transition = &machine->transitions[number];
    append_trigger(machine, transition, out);
    if (transition->guard == FSM_NONE)
        return;
    const struct fsm_guard *guard = &machine->guards[transition->guard];
    const char *text = *guard->name != '\0' ? guard->name : guard->text;
    size_t size = strlen(text);
    if (size <= GUARD_SHOWN_MAX) {
        buffer_format(out, " [%s]", text);
        return;
    }
    size = GUARD_SHOWN_MAX;
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--;
    buffer_format(out, " [%.*s...]", (int)size, text);
}

/* ---- DOT --------------------------------------------------------------------------------- */

static void indent(struct buffer *out, int depth)
{
    for (int i = 0; i < depth; i++)
        buffer_append_text(out, "  ");
}

/* Text inside double quotes of DOT. */
static void append_quoted(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, *text == '\n' ? ' ' : *text);
    }
}

static bool is_active(const struct fsm_instance *instance, int state)
{
    return instance != NULL && fsm_is_active(instance, state);
}

static bool is_box(const struct fsm_state *state)
{
    return state->kind == FSM_STATE_COMPOUND || state->kind == FSM_STATE_PARALLEL;
}

static void dot_leaf(const struct fsm_machine *machine, const struct fsm_instance *instance,
                     int index, struct buffer *out)
{
    const struct fsm_state *state = &machine->states[index];
    indent(out, state->depth);
    buffer_format(out, "\"s%d\" [label=\"", index);
    if (fsm_is_history(state))
        buffer_append_text(out, state->kind == FSM_STATE_HISTORY_DEEP ? "H*" : "H");
    else
        append_quoted(out, state->name);
    for (uint32_t i = 0; i < state->invokes.count; i++) {
        buffer_append_text(out, "\\n");
        append_quoted(out,
                      machine->commands[machine->invokes[state->invokes.first + i].command].name);
    }
    buffer_append_char(out, '"');
    if (fsm_is_history(state))
        buffer_append_text(out, ", shape=circle, width=0.3");
    if (state->kind == FSM_STATE_FINAL)
        buffer_append_text(out, ", peripheries=2");
    if (is_active(instance, index))
        buffer_append_text(out, ", style=\"rounded,filled,bold\", fillcolor=\"#ffe08a\"");
    buffer_append_text(out, "];\n");
}

static void dot_states(const struct fsm_machine *machine, const struct fsm_instance *instance,
                       int parent, struct buffer *out);

static void dot_box(const struct fsm_machine *machine, const struct fsm_instance *instance,
                    int index, struct buffer *out)
{
    const struct fsm_state *state = &machine->states[index];
    bool is_region = machine->states[state->parent].kind == FSM_STATE_PARALLEL;
    indent(out, state->depth);
    buffer_format(out, "subgraph \"cluster_%d\" {\n", index);
    indent(out, state->depth + 1);
    buffer_append_text(out, "label=\"");
    append_quoted(out, state->name);
    buffer_format(out, "\"; style=\"rounded%s%s\"; color=\"%s\";\n", is_region ? ",dashed" : "",
                  is_active(instance, index) ? ",bold" : "",
                  is_active(instance, index) ? "#b8860b" : "#888888");
    indent(out, state->depth + 1);
    buffer_format(out, "\"s%d\" [shape=point, width=0.01, style=invis];\n", index);
    dot_states(machine, instance, index, out);
    indent(out, state->depth);
    buffer_append_text(out, "}\n");
}

/* An edge to or from a box ends at its border: lhead and ltail. */
static void dot_edge(const struct fsm_machine *machine, int from, int to, int transition,
                     struct buffer *out)
{
    bool is_from_box = is_box(&machine->states[from]) && from != 0;
    bool is_to_box = is_box(&machine->states[to]);
    struct buffer label = {0};
    fsm_draw_label(machine, transition, &label);
    buffer_format(out, "  \"s%d\" -> \"s%d\" [label=\"", from, to);
    append_quoted(out, buffer_text(&label));
    buffer_append_char(out, '"');
    bool is_inside =
        fsm_is_below(machine, to, from) || fsm_is_below(machine, from, to) || from == to;
    if (is_from_box && !is_inside)
        buffer_format(out, ", ltail=\"cluster_%d\"", from);
    if (is_to_box && !is_inside)
        buffer_format(out, ", lhead=\"cluster_%d\"", to);
    buffer_append_text(out, "];\n");
    buffer_deinit(&label);
}

static void dot_initial(const struct fsm_machine *machine, int index, struct buffer *out)
{
    const struct fsm_state *state = &machine->states[index];
    if (state->kind != FSM_STATE_COMPOUND)
        return;
    indent(out, state->depth + 1);
    buffer_format(out, "\"i%d\" [shape=point, width=0.12];\n", index);
}

static void dot_states(const struct fsm_machine *machine, const struct fsm_instance *instance,
                       int parent, struct buffer *out)
{
    dot_initial(machine, parent, out);
    for (int s = parent + 1; s <= machine->states[parent].last; s = machine->states[s].last + 1) {
        if (is_box(&machine->states[s]))
            dot_box(machine, instance, s, out);
        else
            dot_leaf(machine, instance, s, out);
    }
}

static void dot_defaults(const struct fsm_machine *machine, struct buffer *out)
{
    for (int s = 0; s < machine->state_count; s++) {
        const struct fsm_state *state = &machine->states[s];
        for (uint32_t i = 0; i < state->initial.count; i++)
            buffer_format(out, "  \"%c%d\" -> \"s%d\"%s;\n", fsm_is_history(state) ? 's' : 'i', s,
                          machine->targets[state->initial.first + i],
                          fsm_is_history(state) ? " [style=dotted]" : "");
    }
}

void fsm_draw_dot(const struct fsm_machine *machine, const struct fsm_instance *instance,
                  struct buffer *out)
{
    buffer_append_text(out, "digraph \"");
    append_quoted(out, machine->name);
    buffer_append_text(out, "\" {\n  compound=true; rankdir=TB; fontname=\"sans-serif\";\n"
                            "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
                            "  edge [fontname=\"sans-serif\", fontsize=10];\n"
                            "  labelloc=t; label=\"");
    append_quoted(out, machine->name);
    buffer_format(out, " version %d\";\n", machine->version);
    dot_states(machine, instance, 0, out);
    dot_defaults(machine, out);
    bool any_from_root = false;
    for (int t = 0; t < machine->transition_count; t++) {
        const struct fsm_transition *transition = &machine->transitions[t];
        any_from_root = any_from_root || (transition->source == 0 && transition->targets.count > 0);
        for (uint32_t i = 0; i < transition->targets.count; i++)
            dot_edge(machine, transition->source, machine->targets[transition->targets.first + i],
                     t, out);
        if (transition->targets.count == 0 && transition->source != 0)
            dot_edge(machine, transition->source, transition->source, t, out);
    }
    if (any_from_root)
        buffer_append_text(out, "  \"s0\" [label=\"(any state)\", shape=plaintext];\n");
    buffer_append_text(out, "}\n");
}

/* ---- Mermaid ----------------------------------------------------------------------------- */

/* Mermaid ends a label at some characters; they are written as its entities. */
static void append_mermaid(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(":;#{}\"<>", *text) != NULL)
            buffer_format(out, "#%d;", *text);
        else
            buffer_append_char(out, *text == '\n' ? ' ' : *text);
    }
}

static void mermaid_states(const struct fsm_machine *machine, int parent, struct buffer *out)
{
    const struct fsm_state *above = &machine->states[parent];
    bool is_first = true;
    for (uint32_t i = 0; above->kind == FSM_STATE_COMPOUND && i < above->initial.count; i++) {
        indent(out, above->depth + 1);
        buffer_format(out, "[*] --> s%d\n", machine->targets[above->initial.first + i]);
    }
    for (int s = parent + 1; s <= above->last; s = machine->states[s].last + 1) {
        const struct fsm_state *state = &machine->states[s];
        if (above->kind == FSM_STATE_PARALLEL && !fsm_is_history(state) && !is_first) {
            indent(out, state->depth);
            buffer_append_text(out, "--\n");
        }
        is_first = is_first && fsm_is_history(state);
        indent(out, state->depth);
        buffer_append_text(out, "state \"");
        append_mermaid(out, state->name);
        buffer_format(out, "%s\" as s%d",
                      state->kind == FSM_STATE_HISTORY_DEEP      ? " (H*)"
                      : state->kind == FSM_STATE_HISTORY_SHALLOW ? " (H)"
                                                                 : "",
                      s);
        if (is_box(state)) {
            buffer_append_text(out, " {\n");
            mermaid_states(machine, s, out);
            indent(out, state->depth);
            buffer_append_char(out, '}');
        }
        buffer_append_char(out, '\n');
        if (state->kind != FSM_STATE_FINAL)
            continue;
        indent(out, state->depth);
        buffer_format(out, "s%d --> [*]\n", s);
    }
}

static void mermaid_edges(const struct fsm_machine *machine, struct buffer *out)
{
    for (int t = 0; t < machine->transition_count; t++) {
        const struct fsm_transition *transition = &machine->transitions[t];
        uint32_t count = transition->targets.count > 0 ? transition->targets.count : 1;
        struct buffer label = {0};
        fsm_draw_label(machine, t, &label);
        for (uint32_t i = 0; i < count; i++) {
            int target = transition->targets.count > 0
                             ? machine->targets[transition->targets.first + i]
                             : transition->source;
            /* Mermaid cannot draw from the root: every child of it is named instead. */
            for (int s = transition->source == 0 ? 1 : transition->source;
                 s <= machine->states[transition->source].last;
                 s = transition->source == 0 ? machine->states[s].last + 1 : INT16_MAX) {
                if (transition->source == 0 &&
                    (machine->states[s].kind == FSM_STATE_FINAL || target == 0))
                    continue;
                buffer_format(out, "  s%d --> s%d : ", s, target);
                append_mermaid(out, buffer_text(&label));
                buffer_append_char(out, '\n');
            }
        }
        buffer_deinit(&label);
    }
}

void fsm_draw_mermaid(const struct fsm_machine *machine, const struct fsm_instance *instance,
                      struct buffer *out)
{
    buffer_append_text(out, "stateDiagram-v2\n");
    mermaid_states(machine, 0, out);
    mermaid_edges(machine, out);
    if (instance == NULL)
        return;
    buffer_append_text(out, "  classDef active fill:#ffe08a,stroke:#b8860b\n");
    for (int s = 1; s < machine->state_count; s++)
        if (fsm_is_active(instance, s) && fsm_is_leaf(&machine->states[s]))
            buffer_format(out, "  class s%d active\n", s);
}
