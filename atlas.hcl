# The data model and its migrations, for the atlas command line. The server
# applies the same files by itself; go run ./ent/migrate writes them.
#
#   atlas migrate status --env postgres --url "$DATABASE_URL"
#   atlas migrate lint   --env sqlite --latest 1

env "postgres" {
  src = "ent://ent/schema"
  dev = "docker://postgres/15/dev?search_path=public"
  migration {
    dir              = "file://ent/migrations/postgres"
    revisions_schema = "public"
  }
  format {
    migrate {
      diff = "{{ sql . \"  \" }}"
    }
  }
}

env "sqlite" {
  src = "ent://ent/schema"
  dev = "sqlite://dev?mode=memory&_fk=1"
  migration {
    dir = "file://ent/migrations/sqlite"
  }
  format {
    migrate {
      diff = "{{ sql . \"  \" }}"
    }
  }
}
