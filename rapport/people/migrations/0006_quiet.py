from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_standing'),
    ]

    operations = [
        migrations.CreateModel(
            name='Quiet',
            fields=[
                ('person', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('begins', models.TimeField()),
                ('ends', models.TimeField()),
            ],
        ),
    ]
