insert into public.holidays (day, name) values ('2030-12-25', 'Christmas');
