insert into public.teams (slug, name) values ('lab', 'The laboratory'), ('press', 'The press');
insert into public.rooms (number, name, seats, hourly_price) values (1, 'Attic', 4, 12.50), (2, 'Hall', 60, 80), (3, 'Cellar', 8, 9.99);
