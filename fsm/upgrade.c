/* Whether a new version of a machine can follow an old one: raised version, complete `migrate`. */
#include "fsm/machine.h"

#include "fsm/yaml/yaml.h"

#include <string.h>

static const struct fsm_migration *migration_from(const struct fsm_machine *machine, int version)
{
    for (int i = 0; i < machine->migration_count; i++)
        if (machine->migrations[i].from == version)
            return &machine->migrations[i];
    return NULL;
}

/* A state that is mapped itself, or inside one that is. */
static bool is_mapped(const struct fsm_machine *machine, const struct fsm_migration *migration,
                      const char *path)
{
    for (uint32_t i = 0; i < migration->states.count; i++) {
        const char *from = machine->migration_states[migration->states.first + i].from;
        size_t size = strlen(from);
        if (strncmp(from, path, size) == 0 && (path[size] == '\0' || path[size] == '.'))
            return true;
    }
    return false;
}

static bool is_computed(const struct fsm_machine *machine, const struct fsm_migration *migration,
                        int variable)
{
    for (uint32_t i = 0; i < migration->values.count; i++)
        if (machine->migration_values[migration->values.first + i].variable == variable)
            return true;
    return false;
}

static const struct fsm_variable *find_variable(const struct fsm_machine *machine, const char *name)
{
    for (int i = 0; i < machine->variable_count; i++)
        if (strcmp(machine->variables[i].name, name) == 0)
            return &machine->variables[i];
    return NULL;
}

static void check_states(const struct fsm_machine *old, const struct fsm_machine *machine,
                         const struct fsm_migration *migration, struct yaml_faults *faults)
{
    for (int s = 1; s < old->state_count; s++) {
        const struct fsm_state *state = &old->states[s];
        bool can_be_active = state->kind == FSM_STATE_ATOMIC || state->kind == FSM_STATE_FINAL;
        if (!can_be_active || fsm_state_find(machine, state->path) != FSM_NONE ||
            is_mapped(machine, migration, state->path))
            continue;
        yaml_fault_at(faults, YAML_ERROR, migration->line, migration->column, migration->width,
                      "the state `%s` of version %d has no place in version %d", state->path,
                      old->version, machine->version);
        yaml_hint(faults, "add `%s: ..` to the `states:` of this migration", state->path);
    }
}

static void check_variables(const struct fsm_machine *old, const struct fsm_machine *machine,
                            const struct fsm_migration *migration, struct yaml_faults *faults)
{
    for (int i = 0; i < machine->variable_count; i++) {
        const struct fsm_variable *variable = &machine->variables[i];
        const struct fsm_variable *before = find_variable(old, variable->name);
        bool is_same = before != NULL && expr_type_equal(before->type, variable->type);
        bool is_new_with_init = before == NULL && variable->init != NULL;
        if (is_same || is_new_with_init || is_computed(machine, migration, i))
            continue;
        yaml_fault_at(faults, YAML_ERROR, migration->line, migration->column, migration->width,
                      before == NULL ? "the variable `%s` is new and gets no value"
                                     : "the variable `%s` has another type than before",
                      variable->name);
        yaml_hint(faults, "add `%s: ..` to the `context:` of this migration", variable->name);
    }
}

bool fsm_check_upgrade(const struct fsm_machine *old, const struct fsm_machine *machine,
                       struct yaml_faults *faults)
{
    size_t errors_before = faults->error_count;
    if (strcmp(old->name, machine->name) != 0)
        return yaml_error(faults, NULL, "`%s` is another machine than `%s`", machine->name,
                          old->name);
    if (memcmp(old->hash, machine->hash, FSM_HASH_SIZE) == 0)
        return true;
    if (machine->version <= old->version) {
        yaml_fault_at(faults, YAML_ERROR, machine->version_line, machine->version_column,
                      machine->version_width,
                      "the machine is not what version %d was, and the version is not raised",
                      old->version);
        yaml_hint(faults, "write `version: %d`", old->version + 1);
        return false;
    }
    const struct fsm_migration *migration = migration_from(machine, old->version);
    if (migration != NULL) {
        check_states(old, machine, migration, faults);
        check_variables(old, machine, migration, faults);
    }
    return faults->error_count == errors_before;
}
