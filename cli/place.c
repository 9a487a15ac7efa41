/* The folder of a house: its lock and its addresses. */
#include "cli/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

enum status place_find(const char *folder, struct place *out_place, struct fault *out_fault)
{
    char absolute[PATH_MAX];
    if (realpath(folder, absolute) == NULL)
        return fault_set(out_fault, 0, 0, "cannot open the folder %s: %s", folder, strerror(errno));
    if (strlen(absolute) >= sizeof out_place->folder)
        return fault_set(out_fault, 0, 0, "the path of %s is too long", folder);
    memcpy(out_place->folder, absolute, strlen(absolute) + 1);
    return STATUS_OK;
}

enum status place_open(const char *folder, struct place *out_place, struct fault *out_fault)
{
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return fault_set(out_fault, 0, 0, "cannot make the folder %s: %s", folder, strerror(errno));
    return place_find(folder, out_place, out_fault);
}

const char *place_path(const struct place *place, const char *name, char out[PLACE_PATH_MAX])
{
    (void)snprintf(out, PLACE_PATH_MAX, "%s/%s", place->folder, name); /* both halves fit */
    return out;
}

/* ---- the lock ---------------------------------------------------------------------------- */

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

bool place_is_taken(const struct place *place, pid_t *out_pid)
{
    char path[PLACE_PATH_MAX];
    struct flock lock = whole_file();
    int file = open(place_path(place, "lock", path), O_RDWR | O_CLOEXEC);
    if (file < 0)
        return false;
    bool is_taken = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (is_taken && out_pid != NULL)
        *out_pid = lock.l_pid;
    (void)close(file); /* nothing was written */
    return is_taken;
}

bool place_take(const struct place *place)
{
    char path[PLACE_PATH_MAX];
    struct flock lock = whole_file();
    int file = open(place_path(place, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0 && fcntl(file, F_SETLK, &lock) == 0)
        return true; /* kept open: the lock ends with the process */
    if (file >= 0)
        (void)close(file); /* nothing was written */
    return false;
}

/* ---- house.json -------------------------------------------------------------------------- */

static json_t *processes_json(const struct place_house *house)
{
    json_t *array = json_array();
    for (int i = 0; i < house->process_count; i++)
        (void)json_array_append_new(array,
                                    json_pack("{s:s, s:i, s:i}", "name", house->processes[i].name,
                                              "pid", (int)house->processes[i].pid, "health_port",
                                              (int)house->processes[i].health_port));
    return array;
}

enum status place_write_house(const struct place *place, const struct place_house *house)
{
    char path[PLACE_PATH_MAX];
    char fresh[PLACE_PATH_MAX];
    json_t *json = json_pack("{s:s, s:s, s:s, s:i, s:o}", "http_url", house->http_url, "nats_url",
                             house->nats_url, "database", house->database, "supervisor",
                             (int)house->supervisor, "processes", processes_json(house));
    bool is_good =
        json != NULL &&
        json_dump_file(json, place_path(place, "house.json.new", fresh), JSON_INDENT(2)) == 0 &&
        rename(fresh, place_path(place, "house.json", path)) == 0;
    json_decref(json);
    return is_good ? STATUS_OK : STATUS_UNAVAILABLE;
}

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : ""); /* what we wrote fits */
}

static void read_processes(json_t *array, struct place_house *house)
{
    for (size_t i = 0; i < json_array_size(array) && i < PLACE_PROCESSES_MAX; i++) {
        struct place_process *process = &house->processes[house->process_count++];
        json_t *json = json_array_get(array, i);
        copy_text(process->name, sizeof process->name,
                  json_string_value(json_object_get(json, "name")));
        process->pid = (pid_t)json_integer_value(json_object_get(json, "pid"));
        process->health_port = (uint16_t)json_integer_value(json_object_get(json, "health_port"));
    }
}

enum status place_read_house(const struct place *place, struct place_house *out_house)
{
    char path[PLACE_PATH_MAX];
    struct place_house house = {0};
    json_t *json = json_load_file(place_path(place, "house.json", path), 0, NULL);
    if (json == NULL)
        return STATUS_NOT_FOUND;
    copy_text(house.http_url, sizeof house.http_url,
              json_string_value(json_object_get(json, "http_url")));
    copy_text(house.nats_url, sizeof house.nats_url,
              json_string_value(json_object_get(json, "nats_url")));
    copy_text(house.database, sizeof house.database,
              json_string_value(json_object_get(json, "database")));
    house.supervisor = (pid_t)json_integer_value(json_object_get(json, "supervisor"));
    read_processes(json_object_get(json, "processes"), &house);
    json_decref(json);
    *out_house = house;
    return STATUS_OK;
}
